"""Metadata that says where a picture comes from.

It is written to three places, since programs look in different ones: XMP with the IPTC's term for the kind of picture
(IPTC Photo Metadata Standard, `Iptc4xmpExt:DigitalSourceType`), EXIF, and for PNG its own text keywords.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar
from xml.sax.saxutils import escape

from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo

from core.contracts import PictureFormat

_SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"

_XMP = """\
<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">
<xmp:CreatorTool>{software}</xmp:CreatorTool>
<Iptc4xmpExt:DigitalSourceType>{source_type}</Iptc4xmpExt:DigitalSourceType>
<dc:description><rdf:Alt><rdf:li xml:lang="x-default">{description}</rdf:li></rdf:Alt></dc:description>
</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="r"?>"""


@dataclass(frozen=True)
class Provenance:
    """`description`: in English and ASCII, as EXIF has it; `source_type`: a term of the IPTC's digital source types."""

    description: str
    source_type: str
    software: ClassVar[str] = "Sokkuri"

    def metadata(self, format: PictureFormat) -> dict[str, Any]:  # noqa: A002
        """Arguments for Pillow's `save`."""
        if format == "jpeg":
            return {"exif": self._exif(), "xmp": self._xmp()}
        if format == "webp":  # its EXIF has no JPEG mark at the start, which Pillow leaves in for animations
            return {"exif": self._exif().removeprefix(b"Exif\0\0"), "xmp": self._xmp()}
        chunks = PngInfo()
        chunks.add_text("Software", self.software)
        chunks.add_text("Description", self.description)
        chunks.add_itxt("XML:com.adobe.xmp", self._xmp().decode())
        return {"exif": self._exif(), "pnginfo": chunks}

    def _exif(self) -> bytes:
        exif = Image.Exif()
        exif[ExifTags.Base.ImageDescription] = self.description
        exif[ExifTags.Base.Software] = self.software
        return exif.tobytes()

    def _xmp(self) -> bytes:
        return _XMP.format(
            software=self.software,
            source_type=_SOURCE_TYPES + self.source_type,
            description=escape(self.description),
        ).encode()


def synthetic_average(faces: int) -> Provenance:
    """The provenance of an average of `faces` faces, or a blend of such averages.

    `compositeSynthetic` is the term for a composite of several pictures with synthetic parts: an average has a shape
    and a texture that no photo had.
    """
    return Provenance(f"Synthetic average of {faces} faces, made by Sokkuri.", "compositeSynthetic")
