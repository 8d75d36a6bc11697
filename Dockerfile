# The bot in a container: docker build -t sokkuri . && docker run -e SOKKURI_TOKEN=... sokkuri
# It needs a token: the sandbox's page is only for the machine that serves it, which here is the container.

FROM python:3.11-slim-bookworm AS base
# What cv2 and mediapipe load; `sokkuri doctor` knows them too.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libgl1 libegl1 libgles2 libglib2.0-0 libxcb1 \
    && rm -rf /var/lib/apt/lists/*
ENV PATH=/opt/sokkuri/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    SOKKURI_MODEL_FOLDER=/opt/models

FROM base AS build
# PyTorch's own index of CPU builds: the default build brings several GB of CUDA.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
WORKDIR /src
RUN python -m venv /opt/sokkuri
COPY pyproject.toml constraints.txt README.md LICENSE THIRD_PARTY.md ./
COPY core core
COPY words words
COPY bot bot
COPY sandbox sandbox
COPY sokkuri sokkuri
COPY cli cli
RUN pip install --no-cache-dir --extra-index-url "$TORCH_INDEX" -c constraints.txt '.[dask]' \
    && sokkuri models get

FROM base
RUN useradd --create-home --uid 10001 sokkuri
COPY --from=build /opt/sokkuri /opt/sokkuri
COPY --from=build --chown=sokkuri /opt/models /opt/models
COPY LICENSE THIRD_PARTY.md /usr/share/doc/sokkuri/
USER sokkuri
WORKDIR /home/sokkuri
ENV SOKKURI_HEALTH__PORT=8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/readyz', timeout=4)"]
CMD ["sokkuri", "run"]
