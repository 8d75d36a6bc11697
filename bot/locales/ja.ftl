## Discord に表示されるコマンド

command-similar = 似てる
    .description = 2枚の写真の顔がどれくらい似ているかを調べます
    .photo1 = 写真1
    .photo1-description = 1枚目の写真（いちばん大きく写っている顔を使います）
    .photo2 = 写真2
    .photo2-description = 2枚目の写真（いちばん大きく写っている顔を使います）
command-gradcam = ヒートマップ
    .description = ニューラルネットワークが顔のどこに注目しているかを表示します
    .photo = 写真
    .photo-description = 写真（いちばん大きく写っている顔を使います）
command-average = 平均顔
    .description = スレッドやチャンネルの写真から平均顔を作ります
    .thread = スレッド
    .thread-description = 写真のあるスレッドかチャンネル（省略すると今いる場所）
    .limit = 枚数
    .limit-description = 新しいほうから何枚の写真を使うか
command-about = このボットについて
    .description = このボットでできることと、写真の取り扱いについて

## 回答

similar-same = 類似度 **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%**：同一人物の可能性が高いです。
similar-different = 類似度 **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%**：別人の可能性が高いです。
similar-meaning = { NUMBER($line, maximumFractionDigits: 0) }%以上のとき、モデル（{ $model }）は2つの顔を同一人物と判定します。{ $metric ->
        [euclidean] 今回の2つの顔の距離は { NUMBER($score, minimumFractionDigits: 3, maximumFractionDigits: 3) }、判定の境目は { NUMBER($threshold, minimumFractionDigits: 2, maximumFractionDigits: 3) } です（小さいほど似ています）。
       *[cosine] 今回の2つの顔のコサイン類似度は { NUMBER($score, minimumFractionDigits: 3, maximumFractionDigits: 3) }、判定の境目は { NUMBER($threshold, minimumFractionDigits: 2, maximumFractionDigits: 3) } です（大きいほど似ています）。
    }
similar-alt = 2つの顔を並べた画像です。左は { $first }、右は { $second } の顔です。その下のゲージは { NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }% を示していて、{ $same ->
        [yes] 同一人物と判定される{ NUMBER($line, maximumFractionDigits: 0) }%の目印を超えています。
       *[no] 同一人物と判定される{ NUMBER($line, maximumFractionDigits: 0) }%の目印に届いていません。
    }

several-faces = { $photo } には顔が{ $count }つ写っていたので、いちばん大きい顔を使いました。

gradcam-most = ネットワークが最も注目しているのは**{ $first }**（{ NUMBER($first-share, style: "percent", maximumFractionDigits: 0) }）で、次が{ $second }（{ NUMBER($second-share, style: "percent", maximumFractionDigits: 0) }）、その次が{ $third }（{ NUMBER($third-share, style: "percent", maximumFractionDigits: 0) }）です。
gradcam-all = 注目の内訳：{ $shares }。
gradcam-share = { $region } { NUMBER($share, style: "percent", maximumFractionDigits: 0) }
gradcam-method = 手法：{ $method }、モデル：{ $model }。{ $target ->
        [identity] ネットワークがこの顔を見分ける手がかりにしている部分を表しています。
       *[largest] ネットワークがこの顔を表す数値のうち、最も大きいものを左右する部分を表しています。
    }
gradcam-alt = { $photo } と、その顔にヒートマップを重ねた画像を並べたものです。注目が強い順に、{ $shares }となっています。

region-brows = 眉
region-eyes = 目
region-nose = 鼻
region-mouth = 口
region-cheeks = 頬
region-chin = あご
region-forehead = 額
region-outside = 顔の外側

average-done = { $place } にある **{ $count }人分の顔** の平均です。
average-skipped = 次の{ $count }枚は使えませんでした。
average-skipped-line = - { $photo }：{ $reason }
average-skipped-more = - ほか{ $count }枚
average-alt = { $count }枚の写真から作った平均顔です。その下に、使った{ $count }人分の顔の小さな画像が並んでいます。

reason-no-face = 顔が見つかりませんでした
reason-not-a-picture = 読み取れる画像ではありません
reason-broken-picture = ファイルが壊れています
reason-file-too-large = ファイルが大きすぎます
reason-picture-too-large = 画素数が多すぎます
reason-download-failed = 取得できませんでした
reason-no-room = 写真全体の容量が上限を超えます
reason-other = 使えませんでした

picture-too-heavy = 画像は { NUMBER($size, maximumFractionDigits: 1) } MB ありますが、ここで送れるのは { NUMBER($limit, maximumFractionDigits: 1) } MB までのため、文章だけをお送りします。

about-title = Sokkuri（そっくり）{ $version }
about-what = 写真の顔について、3つのことができます。
    - `/似てる`：2つの顔がどれくらい似ているかを調べます
    - `/ヒートマップ`：ニューラルネットワークが顔のどこに注目しているかを表示します
    - `/平均顔`：スレッドにあるすべての顔の平均を作ります
about-model = モデル：{ $model }。写真の見た目がどれくらい似ているかを測るもので、本人であることの証明にはなりません。
about-privacy = プライバシー：写真は回答までの間だけメモリー上で扱います。回答後は、写真も、顔も、数値も、保存・記録・提供することは一切ありません。

## うまくいかなかったとき

error-not-a-picture = { $photo } は読み取れる画像ではありません。JPEG、PNG、WebP、GIF、AVIF、HEIC のいずれかを送ってください。
error-broken-picture = { $photo } は壊れているか、途中で切れています。もう一度送るか、保存し直してから送ってください。
error-file-too-large = { $photo } は { NUMBER($size, maximumFractionDigits: 1) } MB あり、大きすぎます。{ NUMBER($limit, maximumFractionDigits: 1) } MB 以下にしてから送ってください。
error-picture-too-large = { $photo } は { $width } × { $height } あり、画素数が多すぎます。{ NUMBER($limit, maximumFractionDigits: 0) } メガピクセル以下にしてから送ってください。
error-download-failed = { $photo } を取得できませんでした。もう一度送ってください。
error-no-face = { $photo } から顔が見つかりませんでした。正面を向いた顔が、明るく大きく写っている写真を使ってください。
error-no-photos = { $looked_at ->
        [0] { $place } には写真がありません。
       *[other] { $place } の最新のメッセージ{ $looked_at }件の中に写真がありません。写真を投稿するか、別のスレッドを選んでください。
    }
error-too-few-faces = { $found ->
        [0] 使える顔が見つかりませんでした。{ $needed }つ以上必要です。正面を向いた顔の写真を追加してください。
       *[other] 使える顔が{ $found }つしか見つかりませんでした。{ $needed }つ以上必要です。正面を向いた顔の写真を追加してください。
    }
error-missing-permission = { $place } を読むための「{ $permission }」の権限がありません。サーバーの管理者の方は、チャンネルの設定の「権限」で、このボットに許可してください。
error-missing-intent = Message Content Intent がオフになっているため、{ $place } の写真を見ることができません。ボットの運営者の方は、Discord Developer Portal の「Bot」ページで「Message Content Intent」をオンにし、設定で `message_content = true` にしてください。
error-wrong-place = ここでは実行できません。このサーバーのスレッドかテキストチャンネルで、あなたとボットの両方がメッセージを読める場所を選んでください。
error-busy = { $waiting ->
        [0] ただいま別のリクエストを処理しています。1分ほどたってから、もう一度お試しください。
       *[other] ただいま混み合っていて、すでに{ $waiting }件が待っています。1分ほどたってから、もう一度お試しください。
    }
error-stopping = ボットを再起動しています。1分ほどたってから、もう一度お試しください。
error-deadline-exceeded = 申し訳ありません。時間がかかりすぎたため、処理を中止しました。写真を小さくするか、枚数を減らして、もう一度お試しください。（リクエスト { $id }）
error-worker-lost = 申し訳ありません。処理の途中で問題が起きました。もう一度お試しください。（リクエスト { $id }）
error-fault = 申し訳ありません。こちら側で問題が起きました（写真が原因ではありません）。何度も起きる場合は、ボットの運営者にこのリクエスト番号をお伝えください：{ $id }

permission-view-channel = チャンネルを見る
permission-read-message-history = メッセージ履歴を読む
