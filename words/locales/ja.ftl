## Discord に表示されるコマンド

command-similar = 似てる
    .description = 2枚の写真の顔がどれくらい似ているかを調べます
    .photo1 = 写真1
    .photo1-description = 1枚目の写真、または何人かが写っている写真
    .photo2 = 写真2
    .photo2-description = 2枚目の写真（省略すると、1枚目に写っている全員を比べます）
    .user1 = ユーザー1
    .user1-description = アバターを比べる人
    .user2 = ユーザー2
    .user2-description = アバターを比べるもう1人
    .message = メッセージ
    .message-description = 写真を比べるメッセージのリンク（「メッセージリンクをコピー」）
    .private = 自分だけに表示
    .private-description = 回答をほかの人に見せず、自分だけに表示します
command-gradcam = ヒートマップ
    .description = ニューラルネットワークが顔のどこに注目しているかを表示します
    .photo = 写真
    .photo-description = 写真（いちばん大きく写っている顔を使います）
    .user = ユーザー
    .user-description = 写真の代わりにアバターを調べる人
    .message = メッセージ
    .message-description = 最初の写真を調べるメッセージのリンク（「メッセージリンクをコピー」）
    .method = 手法
    .method-description = 調べる手法（省略すると、モデルにとって最も信頼できるもの）
    .target = 対象
    .target-description = 何を説明するか（省略すると、その顔らしさ）
    .dimension = 次元
    .dimension-description = モデルが顔を表す数値のうち1つだけを説明します（0から数えます）
    .compare_to = 比べる写真
    .compare_to-description = 別の写真（そこに写った顔と似ている部分を表示します）
    .private = 自分だけに表示
    .private-description = 回答をほかの人に見せず、自分だけに表示します
command-lookalikes = そっくりさん
    .description = スレッドや写真に写っている顔のうち、誰と誰が似ているかを調べます
    .thread = スレッド
    .thread-description = 写真のあるスレッドかチャンネル（省略すると今いる場所）
    .limit = 枚数
    .limit-description = 新しいほうから何枚の写真を使うか
    .photo1 = 写真1
    .photo1-description = スレッドの代わりに使う写真
    .photo2 = 写真2
    .photo2-description = スレッドの代わりに使う写真
    .photo3 = 写真3
    .photo3-description = スレッドの代わりに使う写真
    .photo4 = 写真4
    .photo4-description = スレッドの代わりに使う写真
    .photo5 = 写真5
    .photo5-description = スレッドの代わりに使う写真
    .photo6 = 写真6
    .photo6-description = スレッドの代わりに使う写真
    .photo7 = 写真7
    .photo7-description = スレッドの代わりに使う写真
    .photo8 = 写真8
    .photo8-description = スレッドの代わりに使う写真
    .photo9 = 写真9
    .photo9-description = スレッドの代わりに使う写真
    .photo10 = 写真10
    .photo10-description = スレッドの代わりに使う写真
    .message = メッセージ
    .message-description = スレッドの代わりに写真を使うメッセージのリンク（「メッセージリンクをコピー」）
    .private = 自分だけに表示
    .private-description = 回答をほかの人に見せず、自分だけに表示します
command-average = 平均顔
    .description = スレッドやチャンネルの写真、または選んだ写真から平均顔を作ります
    .thread = スレッド
    .thread-description = 写真のあるスレッドかチャンネル（省略すると今いる場所）
    .limit = 枚数
    .limit-description = 新しいほうから何枚の写真を使うか
    .faces = 使う顔
    .faces-description = 1枚の写真のどの顔を使うか（省略すると、いちばん大きな顔）
    .one_each = 同じ人は1回
    .one_each-description = 同じ人が何枚に写っていても、1回だけ数えます
    .method = 求め方
    .method-description = たくさんの顔をどうまとめるか（省略すると平均値）
    .shape = 重ね方
    .shape-description = 顔をどう重ねるか（省略すると、平均の形に変形して重ねます）
    .size = サイズ
    .size-description = 顔の画像の縦と横のピクセル数（省略すると768）
    .texture = 質感
    .texture-description = 肌や髪の細かな質感を戻すかどうか（省略すると戻します）
    .symmetric = 左右対称
    .symmetric-description = 顔の左右を対称にします
    .match_colour = 色合わせ
    .match_colour-description = 重ねる前に、すべての顔の色と明るさをそろえます
    .mix_with = 混ぜる相手
    .mix_with-description = 別のスレッドかチャンネル（そこの平均顔と混ぜます）
    .ratio = 割合
    .ratio-description = 混ぜる相手の平均顔の割合（％、省略すると半分）
    .morph = モーフィング
    .morph-description = 一方の平均顔からもう一方へ変わるアニメーションも作ります
    .message = メッセージ
    .message-description = スレッドの代わりに写真を使うメッセージのリンク（「メッセージリンクをコピー」）
    .photo1 = 写真1
    .photo1-description = スレッドの代わりに使う写真
    .photo2 = 写真2
    .photo2-description = スレッドの代わりに使う写真
    .photo3 = 写真3
    .photo3-description = スレッドの代わりに使う写真
    .photo4 = 写真4
    .photo4-description = スレッドの代わりに使う写真
    .photo5 = 写真5
    .photo5-description = スレッドの代わりに使う写真
    .photo6 = 写真6
    .photo6-description = スレッドの代わりに使う写真
    .photo7 = 写真7
    .photo7-description = スレッドの代わりに使う写真
    .photo8 = 写真8
    .photo8-description = スレッドの代わりに使う写真
    .private = 自分だけに表示
    .private-description = 回答をほかの人に見せず、自分だけに表示します
command-about = このボットについて
    .description = このボットでできることと、写真の取り扱いについて

## Discord のメッセージと人のメニューに表示される名前

context-heatmap = 顔のヒートマップ
context-average = この写真の平均顔
context-alike = どれくらい似てる？
context-alike-we = 私とどれくらい似てる？

choice-identity = その顔らしさ
choice-largest = 最も大きい数値だけ
choice-occlusion = オクルージョン
choice-largest-face = 写真ごとにいちばん大きな顔
choice-every-face = 写真に写っているすべての顔
choice-mean = 平均値
choice-median = 中央値
choice-mode = 最頻値
choice-trimmed = 極端な値を除いた平均値
choice-warp = 平均の形に変形して重ねる
choice-align = 目と口の位置だけを合わせる
choice-article = 元の記事の方法（回転して重ねるだけ、小さな画像）

## 回答

similar-same = 類似度 **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%**：同じ人の可能性が高いです。
similar-lookalike = 類似度 **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%**：よく似ていますが、別人の可能性が高いです。
similar-some = 類似度 **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%**：別人の可能性が高いものの、似ているところがあります。
similar-little = 類似度 **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%**：別人の可能性が高く、あまり似ていません。
similar-unsure = 類似度 **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%**：ただし、この写真では同じ人かどうかを判断できません。
similar-near = しきい値に近い結果です。同じ2人でも別の写真なら判定が変わることがあるため、参考程度にしてください。
similar-interval = 鮮明な写真であれば、おそらく{ NUMBER($low, maximumFractionDigits: 1) }%から{ NUMBER($high, maximumFractionDigits: 1) }%の間になります。{ $faces ->
        [both] どちらの顔も、{ $how }写した写真を使うと、結果がより確かになります。
       *[one] { $photo } の代わりに、{ $how }写した写真を使うと、結果がより確かになります。
    }
similar-interval-alt = ゲージに沿った帯は、鮮明な写真であればおそらく{ NUMBER($low, maximumFractionDigits: 1) }%から{ NUMBER($high, maximumFractionDigits: 1) }%の間になることを示しています。
similar-rank = 他人どうしの組み合わせの **{ NUMBER($rank, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) }** よりも似ています（±{ NUMBER($error, minimumFractionDigits: 1, maximumFractionDigits: 1) }ポイント）。
similar-rank-top = 他人どうしの組み合わせの **{ NUMBER($rank, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) }以上** よりも似ています。
similar-meaning = { NUMBER($line, maximumFractionDigits: 0) }%以上のとき、モデル（{ $model }）は{ $clear ->
        [no] 、はっきり写った2つの顔
       *[yes] 2つの顔
    }を同じ人と判定します。{ $metric ->
        [euclidean] 今回の2つの顔の距離は { NUMBER($score, minimumFractionDigits: 3, maximumFractionDigits: 3) }、しきい値は { NUMBER($threshold, minimumFractionDigits: 2, maximumFractionDigits: 3) } です（小さいほど似ています）。
       *[cosine] 今回の2つの顔のコサイン類似度は { NUMBER($score, minimumFractionDigits: 3, maximumFractionDigits: 3) }、しきい値は { NUMBER($threshold, minimumFractionDigits: 2, maximumFractionDigits: 3) } です（大きいほど似ています）。
    }
similar-alt = 2つの顔を並べた画像です。左は { $first }、右は { $second } の顔です。その下のゲージは { NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }% を示していて、{ $reached ->
        [yes] 同じ人と判定される{ NUMBER($line, maximumFractionDigits: 0) }%の目印に達しています。
       *[no] 同じ人と判定される{ NUMBER($line, maximumFractionDigits: 0) }%の目印に届いていません。
    }
similar-why-both = 似ている部分：**{ $alike }**。違う部分：**{ $apart }**。
similar-why-alike = 似ている部分：**{ $alike }**。大きく違う部分はありません。
similar-why-apart = 違う部分：**{ $apart }**。特に似ている部分はありません。
similar-why-none = 決め手になる部分はありません。どの部分を両方の写真で隠しても、結果はほとんど変わりません。
similar-why-alt = 割合の左右には、2つの顔をもう一度、小さく白黒で示しています。似ている部分は青、違う部分はオレンジです。

several-faces = { $photo } には顔が{ $count }個写っています。左から{ $number }番目の顔を使いました。
numbered-alt = { $photo } に写っている{ $count }個の顔を枠で囲み、左から順に番号を付けた画像です。
menu-face = { $which ->
        [first] 1人目：{ $photo } の{ $number }番の顔
        [second] 2人目：{ $photo } の{ $number }番の顔
       *[only] { $photo } の{ $number }番の顔
    }
menu-faces = { $photo } の{ $first }番から{ $last }番の顔
menu-method = 手法：{ $method }
menu-methods = 別の手法
menu-not-yours = 操作できるのは、コマンドを使った本人だけです。ご自分でコマンドを使うと、ご自分用のボタンやメニューが表示されます。
menu-over = このボタンやメニューの受付はすでに終了しています（写真は保存していません）。お手数ですが、もう一度コマンドを使ってください。
menu-elsewhere = この操作の元になった回答を確認できませんでした。すでに受付が終了しているか、一時的につながらなくなっています。もう一度押すか、改めてコマンドを使ってください。

button-swap = 左右を入れ替え
button-heatmap-left = 左のヒートマップ
button-heatmap-right = 右のヒートマップ
button-mean = 平均値にする
button-median = 中央値にする
button-texture = 質感を戻す
button-no-texture = なめらかにする
button-delete = 削除
delete-not-yours = 削除できるのは、コマンドを使った本人とモデレーターだけです。

lookalikes-count = { $count }個の顔を { $model } で比べました。番号は画像の番号と同じです。
lookalikes-best = **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%**：いちばん似ているのは{ $first }と{ $second }です。
lookalikes-next = { NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%：{ $first }と{ $second }
lookalikes-strangers = 別人と判定された中では、{ $first }と{ $second }がいちばん似ています（{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%）。
lookalikes-groups = { $groups ->
        [0] 2回以上写っている人はいないようです（{ NUMBER($line, maximumFractionDigits: 0) }%以上の組はありません）。
       *[other] 次の組は、それぞれ同じ人の可能性が高いです。
    }
lookalikes-group = - { $faces }
lookalikes-face = { $number }番
lookalikes-face-of = { $number }番（{ $photo }）
lookalikes-more-faces = ほか{ $count }個
lookalikes-more-groups = - ほかに{ $count }人
lookalikes-cautions = 画像で番号に「?」が付いた顔は、はっきり写っていないため、確かな場合だけ同じ人の組に入れています。
lookalikes-cautions-alt = はっきり写っていない顔には、番号に「?」が付いています。
lookalikes-caution = - { $flaw }：{ $faces }
lookalikes-caution-other = - そのほか：{ $faces }
lookalikes-alt = いちばん似ている{ $first }番と{ $second }番の顔を並べ、間に類似度{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%を示しています。その下は{ $count }個の顔を縦と横に並べた表で、明るいマスほど2人が似ています。{ $groups ->
        [0] 同じ人と判定された組はありません。
       *[other] 複数回写っていると判定された{ $groups }人は、枠で囲んであります。
    }

gradcam-most = モデルが最も注目しているのは**{ $first }**（{ NUMBER($first-share, style: "percent", maximumFractionDigits: 0) }）で、次が{ $second }（{ NUMBER($second-share, style: "percent", maximumFractionDigits: 0) }）、その次が{ $third }（{ NUMBER($third-share, style: "percent", maximumFractionDigits: 0) }）です。
gradcam-all = 注目の割合：{ $shares }。
gradcam-share = { $region } { NUMBER($share, style: "percent", maximumFractionDigits: 0) }
gradcam-method = 手法：{ $method }、モデル：{ $model }。{ $target ->
        [identity] モデルがこの顔を見分ける手がかりにしている部分を表しています。
        [likeness] この顔のうち、{ $other } の顔に似ている部分を表しています。
        [none] この手法は対象によらず、モデルの内部で最も目立つ部分を表します。
        [largest] モデルがこの顔を表す数値のうち、最も大きいものを左右する部分を表しています。
       *[dimension] モデルがこの顔を表す数値のうち、{ $dimension }番を左右する部分を表しています。
    }
gradcam-outside = ⚠️ { NUMBER($share, style: "percent", maximumFractionDigits: 0) }が顔の外側にあります。この写真ではモデルが髪や服、背景を手がかりにしているか、この手法ではうまく表せていない可能性があります。別の手法とも比べてみてください。
gradcam-alt = { $photo } と、その顔にヒートマップを重ねた画像を並べたものです。注目が強い順に、{ $shares }となっています。

region-brows = 眉
region-eyes = 目
region-nose = 鼻
region-mouth = 口
region-cheeks = 頬
region-chin = あご
region-forehead = 額
region-outside = 顔の外側

average-done = { $source ->
        [selection] **{ $faces }個の顔**の平均です。
       *[place] { $place } の写真{ $photos }枚に写っている**{ $faces }個の顔**の平均です。
    }
average-mixture = 2つの平均顔を混ぜました。{ $place } の平均顔（**{ $first }個の顔**）が{ NUMBER($share, style: "percent", maximumFractionDigits: 0) }、{ $other } の平均顔（**{ $second }個の顔**）が{ NUMBER($ratio, style: "percent", maximumFractionDigits: 0) }です。
place-options = 選んだ写真
average-recipe = 指定した条件：{ $choices }。
average-people = { $people ->
        [1] すべて同じ人の顔と判定しました。
       *[other] { $people }人の顔と判定し、それぞれ1回だけ数えました。
    }
average-ready = { $why ->
        [time] Discord が回答を受け付けるのは15分以内のため、それまでに用意できた顔の平均です。残りの{ $left }枚は見ていません。
       *[stopped] 途中で中止したため、それまでに用意できた顔の平均です。残りの{ $left }枚は見ていません。
    }
average-progress = 写真{ $total }枚のうち{ $photos }枚を確認、顔{ $faces }個…
average-alt = { $count }個の顔の平均です。その下に、使った顔の小さな画像が並んでいます。
average-alt-mixture = { $first }個の顔の平均から{ $second }個の顔の平均へ{ NUMBER($ratio, style: "percent", maximumFractionDigits: 0) }進んだところにある顔です。その下に、一方の平均顔からもう一方へ移り変わる7枚の画像が並び、この顔の位置に目印があります。
average-alt-morph = 一方の平均顔がもう一方の平均顔に変わり、また元に戻るアニメーションです。

recipe-no-texture = 質感なし
recipe-symmetric = 左右対称
recipe-match-colour = 色合わせあり

skipped = 次のものは使えませんでした。
skipped-of = { $place } のうち、次のものは使えませんでした。
skipped-photo = - { $photo }：{ $reason }
skipped-face = - { $photo } の左から{ $number }番目の顔：{ $reason }
skipped-faces = - { $photo } の顔のうち{ $count }個：{ $reason }
skipped-more = - … ほか{ $count }件

progress-own = 前のリクエストを先に処理しています…
progress-line = 順番待ちの{ $place }番目です。あと{ $time }ほどで始まる見込みです…
progress-photos = 写真を集めています…
progress-wait = 次があなたの番です…
progress-work = 顔を調べています…
progress-stopping = 中止しています…
stop = 中止
cancel = キャンセル
stop-not-yours = 中止できるのは、コマンドを使った本人とモデレーターだけです。
stop-over = この処理はもう終わっているため、中止するものはありません。
stop-elsewhere = この処理を確認できませんでした。すでに終わっているか、一時的につながらなくなっています。まだ続いている場合は、もう一度押してください。

reason-not-on-discord = Discord の外にある画像は取得しません
reason-no-face = 顔が見つかりませんでした
reason-not-a-picture = 読み取れる画像ではありません
reason-broken-picture = ファイルが壊れています
reason-file-too-large = ファイルが大きすぎます
reason-picture-too-large = 画素数が多すぎます
reason-too-much-memory = 読み込みに必要なメモリが多すぎます
reason-harmful-photo = 処理が2回とも異常終了しました
reason-download-failed = 取得できませんでした
reason-no-such-face = 選ばれた番号の顔がありません
reason-only-one-face = 顔が1つしか写っていません
reason-too-many-faces = 1枚の画像に並べられる顔の数を超えています
reason-turned-away = 顔の向きが大きくそれているか、はっきり写っていないため、重ねられません
reason-link-expired = 取得できませんでした（リンクの期限が切れたか、写真が削除されています）
reason-access-denied = 取得できませんでした（ボットに読む権限がありません）
reason-worker-lost = 処理の途中で問題が起きました
reason-deadline-exceeded = 時間がかかりすぎました
reason-too-small = この大きさの平均顔を作るには、顔が小さすぎます
reason-too-blurred = 顔がぼやけています
reason-duplicate = 同じ写真がすでに入っています
reason-no-room = 写真全体の容量が上限を超えます
reason-profile = 真横に近い横顔のため、比べられません
reason-turned = 顔の向きが正面から大きくそれていて、比べられません
reason-small = 顔が小さすぎて、比べられません
reason-blurred = 顔がぼやけすぎていて、比べられません
reason-pixelated = 顔のモザイクが粗すぎて、比べられません
reason-overexposed = 顔が白飛びしすぎていて、比べられません
reason-dark = 顔が暗すぎて、比べられません
reason-stretched = 顔が引き伸ばされすぎていて、比べられません
reason-cut-off = 顔の多くが見えないため、比べられません
reason-eyes-covered = 目元が隠れていて、比べられません
reason-mouth-covered = 口と鼻が隠れていて、比べられません
reason-unclear = 顔がはっきりせず、比べられません
reason-other = 使えませんでした

picture-too-heavy = 画像は { NUMBER($size, maximumFractionDigits: 1) } MB ありますが、ここで送れるのは { NUMBER($limit, maximumFractionDigits: 1) } MB までのため、省きました。
picture-not-written = 画像は保存していません。保存するには --out { $file } を付けてください。

about-title = Sokkuri（そっくり）{ $version }　MIT ライセンスのフリーソフトウェア
about-what = 写真の顔について、4つのことができます。
    - { $similar }：2つの顔がどれくらい似ているかを調べます
    - { $lookalikes }：たくさんの顔の中で、誰と誰が似ているかを調べます
    - { $gradcam }：ニューラルネットワークが顔のどこに注目しているかを表示します
    - { $average }：スレッドにあるすべての顔の平均を作ります
    コマンドを入力しなくても使えます。写真のあるメッセージや人を右クリック（スマートフォンでは長押し）して、「アプリ」を選んでください。
about-privacy = **プライバシー：** 写真は Discord からこのボットが動いているコンピューターに届き、回答までの間だけメモリ上で処理され、結果は Discord に返されます。写真も、顔も、数値も、保存、記録、共有することはありません。
about-model = **モデル：** 顔の比較には { $model }、顔の検出には { $finders } を使い、すべてそのコンピューターの中で動かしています。写真の見た目がどれくらい似ているかを測るもので、本人であることの証明にはなりません。{ $name ->
        [sface] SFace がどんな写真で学習したかは、開発者が明らかにしていません。
       *[other] {""}
    }
about-licensed = { $model }（{ $licence }）
about-languages = **言語：** { $languages }（お使いの Discord の言語で表示します）
about-operator = **運営者：** { $operator }
about-website = ウェブサイト
about-privacy-policy = プライバシーポリシー
about-support = サポート

welcome = 追加していただき、ありがとうございます。Sokkuri（そっくり）です。
welcome-privacy = 写真はメモリ上で処理するだけで、保存、記録、共有することはありません。詳しくは { $about } をご覧ください。

## 顔がはっきり写っていない理由：文（`value` と、2つ目の顔の `other` は測った値）、短い言葉、どのような写真がよいか

caution-profile = { $faces ->
        [both] 2つの顔はどちらも横顔です。
       *[one] { $photo } の顔は横顔です。
    }
caution-turned = { $faces ->
        [both] 2つの顔はどちらも正面を向いていません（正面から{ NUMBER($value, maximumFractionDigits: 0) }度と{ NUMBER($other, maximumFractionDigits: 0) }度）。
       *[one] { $photo } の顔は正面を向いていません（正面から{ NUMBER($value, maximumFractionDigits: 0) }度）。
    }
caution-small = { $faces ->
        [both] 2つの顔はどちらも小さく、幅が{ NUMBER($value, maximumFractionDigits: 0) }ピクセルと{ NUMBER($other, maximumFractionDigits: 0) }ピクセルしかありません。
       *[one] { $photo } の顔は小さく、幅が{ NUMBER($value, maximumFractionDigits: 0) }ピクセルしかありません。
    }
caution-blurred = { $faces ->
        [both] 2つの顔はどちらもぼやけていて、幅{ NUMBER($value, maximumFractionDigits: 0) }ピクセルと{ NUMBER($other, maximumFractionDigits: 0) }ピクセル相当の細かさしかありません。
       *[one] { $photo } の顔はぼやけていて、幅{ NUMBER($value, maximumFractionDigits: 0) }ピクセル相当の細かさしかありません。
    }
caution-pixelated = { $faces ->
        [both] 2つの顔はどちらもモザイク状で、横に{ NUMBER($value, maximumFractionDigits: 0) }マスと{ NUMBER($other, maximumFractionDigits: 0) }マスしかありません。
       *[one] { $photo } の顔はモザイク状で、横に{ NUMBER($value, maximumFractionDigits: 0) }マスしかありません。
    }
caution-overexposed = { $faces ->
        [both] 2つの顔はどちらも白飛びしています（顔の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }と{ NUMBER($other, style: "percent", maximumFractionDigits: 0) }）。
       *[one] { $photo } の顔は白飛びしています（顔の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }）。
    }
caution-dark = { $faces ->
        [both] 2つの顔はどちらも暗く、黒くつぶれています（顔の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }と{ NUMBER($other, style: "percent", maximumFractionDigits: 0) }）。
       *[one] { $photo } の顔は暗く、黒くつぶれています（顔の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }）。
    }
caution-stretched = { $faces ->
        [both] 2つの顔はどちらも引き伸ばされています（{ NUMBER($value, maximumFractionDigits: 1) }倍と{ NUMBER($other, maximumFractionDigits: 1) }倍）。
       *[one] { $photo } の顔は{ $side ->
            [wide] 横
           *[tall] 縦
        }に{ NUMBER($value, maximumFractionDigits: 1) }倍引き伸ばされています。
    }
caution-cut-off = { $faces ->
        [both] 2つの顔はどちらも、写真からはみ出すか塗りつぶされて、一部が見えません（顔の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }と{ NUMBER($other, style: "percent", maximumFractionDigits: 0) }）。
       *[one] { $photo } の顔は、写真からはみ出すか塗りつぶされて、一部が見えません（顔の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }）。
    }
caution-eyes-covered = { $faces ->
        [both] 2つの顔はどちらも目元が隠れています（顔の上半分の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }と{ NUMBER($other, style: "percent", maximumFractionDigits: 0) }）。
       *[one] { $photo } の顔は目元が隠れています（顔の上半分の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }）。
    }
caution-mouth-covered = { $faces ->
        [both] 2つの顔はどちらも口と鼻が隠れています（顔の下半分の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }と{ NUMBER($other, style: "percent", maximumFractionDigits: 0) }）。
       *[one] { $photo } の顔は口と鼻が隠れています（顔の下半分の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }）。
    }
caution-unclear = { $faces ->
        [both] 2つの顔はどちらもモデルにとって手がかりが少なめです（鮮明な顔の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }と{ NUMBER($other, style: "percent", maximumFractionDigits: 0) }）。
       *[one] { $photo } の顔はモデルにとって手がかりが少なめです（鮮明な顔の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }）。
    }
caution-on-left = 左の { $photo }
caution-on-right = 右の { $photo }

flaw-profile = 横顔
flaw-turned = 正面を向いていない
flaw-small = 小さい
flaw-blurred = ぼやけている
flaw-pixelated = モザイク状
flaw-overexposed = 白飛びしている
flaw-dark = 暗い
flaw-stretched = 引き伸ばされている
flaw-cut-off = 一部が見えない
flaw-eyes-covered = 目元が隠れている
flaw-mouth-covered = 口と鼻が隠れている
flaw-unclear = はっきりしない

better-profile = 正面から
better-turned = 正面から
better-small = 大きく
better-blurred = ピントを合わせて
better-pixelated = モザイクなしで
better-overexposed = 白飛びしないように
better-dark = 明るく
better-stretched = 縦横の比率を変えずに
better-cut-off = 顔全体が入るように
better-eyes-covered = 目を隠さずに
better-mouth-covered = 口と鼻を隠さずに
better-unclear = 明るくはっきりと

## うまくいかなかったとき

error-not-a-picture = { $photo } は読み取れる画像ではありません。JPEG、PNG、WebP、GIF、AVIF、HEIC のいずれかを送ってください。
error-broken-picture = { $photo } は壊れているか、途中で切れています。もう一度送るか、保存し直してから送ってください。
error-file-too-large = { $photo } は { NUMBER($size, maximumFractionDigits: 1) } MB あり、大きすぎます。{ NUMBER($limit, maximumFractionDigits: 1) } MB 以下にしてから送ってください。
error-picture-too-large = { $photo } は { $width } × { $height } あり、画素数が多すぎます。{ NUMBER($limit, maximumFractionDigits: 0) } メガピクセル以下にしてから送ってください。
error-too-much-memory = { $photo } を読み込むには、写真1枚に使えるメモリでは足りません。もっと小さい画像を送ってください。
error-harmful-photo = { $photo } の処理中に2回異常終了したため、しばらくの間この写真は受け付けません。別の写真を使うか、写真アプリで開いて JPEG で保存し直してから送ってください。
error-download-failed = { $photo } を取得できませんでした。もう一度送ってください。
error-link-expired = { $photo } を取得できませんでした。リンクの期限が切れたか、写真が削除されています。もう一度送ってください。
error-access-denied = { $photo } を読む権限がボットにないため、取得できませんでした。ここに送ってください。
error-no-face = { $photo } から顔が見つかりませんでした。正面を向いた顔が、明るく大きく写っている写真を使ってください。
error-no-such-face = { $photo } に{ $number }番の顔はありません。写っている顔は{ $count }個です（左から順に数えます）。
error-unrecognisable-profile = { $photo } の顔は横を向きすぎていて、比べられません。正面を向いた写真を使ってください。
error-unrecognisable-turned = { $photo } の顔は正面から{ NUMBER($value, maximumFractionDigits: 0) }度もそれていて、比べられません。正面を向いた写真を使ってください。
error-unrecognisable-small = { $photo } の顔は幅が{ NUMBER($value, maximumFractionDigits: 0) }ピクセルしかなく、小さすぎて比べられません。顔がもっと大きく写っている写真か、縮小する前の元の写真を使ってください。
error-unrecognisable-blurred = { $photo } の顔は幅{ NUMBER($value, maximumFractionDigits: 0) }ピクセル相当の細かさしかなく、ぼやけすぎていて比べられません。ピントの合った写真を使ってください。
error-unrecognisable-pixelated = { $photo } の顔は横に{ NUMBER($value, maximumFractionDigits: 0) }マスしかないモザイク状で、比べられません。モザイクのない元の写真を使ってください。
error-unrecognisable-overexposed = { $photo } の顔は{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }が白飛びしていて、比べられません。光を抑えて撮った写真を使ってください。
error-unrecognisable-dark = { $photo } の顔は{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }が黒くつぶれていて、比べられません。もっと明るい写真を使ってください。
error-unrecognisable-stretched = { $photo } の顔は{ $side ->
            [wide] 横
           *[tall] 縦
        }に{ NUMBER($value, maximumFractionDigits: 1) }倍引き伸ばされていて、比べられません。縦横の比率が元のままの写真を使ってください。
error-unrecognisable-cut-off = { $photo } の顔は{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }が写真からはみ出すか塗りつぶされていて、比べられません。顔全体が写っている写真を使ってください。
error-unrecognisable-eyes-covered = { $photo } の顔は目元が隠れていて（顔の上半分の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }）、比べられません。目が隠れていない写真を使ってください。
error-unrecognisable-mouth-covered = { $photo } の顔は口と鼻が隠れていて（顔の下半分の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }）、比べられません。口と鼻が隠れていない写真を使ってください。
error-unrecognisable-unclear = { $photo } の顔からは、鮮明な顔の{ NUMBER($value, style: "percent", maximumFractionDigits: 0) }しか手がかりが得られず、比べられません。正面を向いた顔が、明るく大きくはっきり写っている写真を使ってください。
error-only-one-face = { $photo } から見つかった顔は1つだけでした。2枚目の写真も選ぶか、何人かが写っている写真を使ってください。
error-no-photos = { $looked_at ->
        [0] { $place } には写真がありません。
       *[other] { $place } の最新のメッセージ{ $looked_at }件の中に写真がありません。写真を投稿するか、別のスレッドを選んでください。
    }
error-no-photos-in-message = そのメッセージには使える写真がありません。写真のあるメッセージか、その返信を選んでください。
error-too-few-photos = { $command ->
        [gradcam] 写真を指定してください。「写真」「ユーザー」「メッセージ」のどれか1つが必要です。
       *[other] { $given ->
            [0] 比べる顔を指定してください。写真2枚、何人かが写った写真1枚、アバターを比べる2人、またはメッセージのリンクを指定できます。
           *[other] アバター1つだけでは比べられません。写真、もう1人のユーザー、またはメッセージのリンクも指定してください。
        }
    }
error-no-avatar = { $whose ->
        [own] あなたはアバターの画像を設定していません。代わりに写真を使ってください。
       *[other] { $person } さんはアバターの画像を設定していません。代わりに写真を使ってください。
    }
error-not-a-message-link = メッセージのリンクではありません。メッセージのメニューの「メッセージリンクをコピー」で取得できます。
error-no-such-message = そのメッセージが見つかりません。削除されたか、あなたかボットが読めない場所（非表示のチャンネル、参加していないプライベートスレッド、ボットのいないサーバーなど）にあります。写真のあるメッセージが表示されていれば、右クリックして「アプリ」から「{ context-average }」や「{ context-alike }」を選ぶと使えます。
error-no-such-dimension = モデルが顔を表す数値は0番から数えて{ $count }個で、{ $number }番はありません。もっと小さい番号を指定してください。
error-method-not-installed = この種類のヒートマップは、ここにはインストールされていません。「{ choice-occlusion }」を選べば作れます。ボットの管理者は`make torch`で他の方法もインストールできます。
error-too-few-faces = { $found ->
        [0] 使える顔が見つかりませんでした。{ $needed }個以上必要です。正面を向いた顔の写真を追加してください。
       *[other] 使える顔が{ $found }個しか見つかりませんでした。{ $needed }個以上必要です。正面を向いた顔の写真を追加してください。
    }
error-missing-attach-files = { $place } に画像を送るための「{ $permission }」の権限がありません。サーバーの管理者の方は、チャンネルの設定の「権限」で、このボットに許可してください。それまでは、ほかのチャンネルか、ボットとのダイレクトメッセージでお使いください。
error-missing-permission = { $place } を読むための「{ $permission }」の権限がありません。サーバーの管理者の方は、チャンネルの設定の「権限」で、このボットに許可してください。権限がなくても、写真のあるメッセージを右クリックして「アプリ」から「{ context-average }」や「{ context-alike }」を選べば使えます。
error-missing-message-content = Message Content Intent がオフになっているため、{ $place } の写真を見ることができません。ボットの運営者の方は、Discord Developer Portal の「Bot」ページで「Message Content Intent」をオンにし、設定で `message_content = true` にしてください。オフのままでも、写真のあるメッセージを右クリックして「アプリ」から「{ context-average }」や「{ context-alike }」を選べば使えます。
error-not-installed-here = 読む必要のあるサーバーや会話にボットが参加していません。サーバーの管理者の方は、ボットをサーバーに追加してください。参加していなくても、写真を直接指定するか、写真のあるメッセージを右クリックして「アプリ」から「{ context-average }」や「{ context-alike }」を選べば使えます。
error-not-in-thread = { $who ->
        [person] あなたはプライベートスレッド { $place } に参加していません。参加している人に追加してもらうか、別の場所を選んでください。
       *[bot] ボットからはスレッド { $place } が見えません。プライベートスレッドであれば、参加している人がスレッド内でこのボットにメンションすると追加できます。そうでなければ、スレッドのあるチャンネルで、ボットに「{ permission-view-channel }」の権限が必要です。このままでも、写真のあるメッセージを右クリックして「アプリ」から「{ context-average }」や「{ context-alike }」を選べば使えます。
    }
error-wrong-place = ここでは実行できません。このサーバーのスレッドかテキストチャンネルで、あなたとボットの両方がメッセージを読める場所を選ぶか、写真を直接指定してください。
error-nothing-to-mix = 「割合」と「モーフィング」は、2つの平均顔を混ぜるときの指定です。「混ぜる相手」に、別のスレッドかチャンネルを選んでください。
error-stopped = 結果が出る前に中止しました。もう一度コマンドを使うと、最初から始まります。
error-out-of-time = Discord が回答を受け付けるのは15分以内ですが、それまでに結果が出ませんでした。時間をおくか、写真を減らして、もう一度お試しください。
error-busy = { $scope ->
        [person] あなたのリクエストがすでに{ $open }件あり、1人が同時に出せる上限に達しています。どれかが終わるまで{ $time }ほど待ってから、もう一度お試しください。
        [guild] このサーバーのリクエストがすでに{ $open }件あり、1つのサーバーで同時に受けられる上限に達しています。{ $time }ほどたってから、もう一度お試しください。
       *[everybody] ただいま混み合っていて、すでに{ $open }件のリクエストを受けています。{ $time }ほどたってから、もう一度お試しください。
    }
error-too-often = 短い時間に多くのリクエストがありました。{ $time }ほどたってから、もう一度お試しください。
error-stopping = ボットを再起動しています。1分ほどたってから、もう一度お試しください。
error-deadline-exceeded = 申し訳ありません。時間がかかりすぎたため、処理を中止しました。写真を小さくするか、枚数を減らして、もう一度お試しください。（リクエスト { $id }）
error-start-too-slow = 申し訳ありません。起動に時間がかかっていて、まだ準備ができていません。1分ほどたってから、もう一度お試しください。（リクエスト { $id }）
error-worker-lost = 申し訳ありません。処理の途中で問題が起きました。もう一度お試しください。（リクエスト { $id }）
error-fault = 申し訳ありません。こちら側で問題が起きました（写真が原因ではありません）。何度も起きる場合は、ボットの運営者にこのリクエスト番号をお伝えください：{ $id }

permission-attach-files = ファイルを添付
permission-view-channel = チャンネルを見る
permission-read-message-history = メッセージ履歴を読む
permission-connect = 接続
