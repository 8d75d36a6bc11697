## Text between ** and ** is emphasised. Names of photos and places come with marks of their own.

## Commands as Discord shows them. Names: lower case, at most 32 characters; descriptions: at most 100.

command-similar = similar
    .description = How alike are the faces in two photos?
    .photo1 = photo1
    .photo1-description = The first photo, or one photo of several people
    .photo2 = photo2
    .photo2-description = The second photo; leave it out to compare everyone in the first
    .user1 = user1
    .user1-description = Someone whose profile picture to compare
    .user2 = user2
    .user2-description = Someone else whose profile picture to compare
    .message = message
    .message-description = A link to a message whose photos to compare (Copy Message Link)
    .private = private
    .private-description = Show the answer only to you
command-gradcam = gradcam
    .description = What does the neural network look at in this face?
    .photo = photo
    .photo-description = The photo; the largest face in it is used
    .user = user
    .user-description = Someone whose profile picture to use instead of a photo
    .message = message
    .message-description = A link to a message whose first photo to use (Copy Message Link)
    .method = method
    .method-description = How to find out; the most faithful method for the model if left out
    .target = target
    .target-description = What to explain; what makes it this face if left out
    .dimension = dimension
    .dimension-description = Explain a single number of the model's description of the face, counted from 0
    .compare_to = compare_to
    .compare_to-description = Another photo: what makes this face look like the one in it?
    .private = private
    .private-description = Show the answer only to you
command-lookalikes = lookalikes
    .description = Who looks like whom, among all the faces in a thread or in some photos?
    .thread = thread
    .thread-description = A thread or channel whose photos to use; this one if left out
    .limit = limit
    .limit-description = How many of the newest photos to use
    .photo1 = photo1
    .photo1-description = A photo to use instead of a thread's
    .photo2 = photo2
    .photo2-description = A photo to use instead of a thread's
    .photo3 = photo3
    .photo3-description = A photo to use instead of a thread's
    .photo4 = photo4
    .photo4-description = A photo to use instead of a thread's
    .photo5 = photo5
    .photo5-description = A photo to use instead of a thread's
    .photo6 = photo6
    .photo6-description = A photo to use instead of a thread's
    .photo7 = photo7
    .photo7-description = A photo to use instead of a thread's
    .photo8 = photo8
    .photo8-description = A photo to use instead of a thread's
    .photo9 = photo9
    .photo9-description = A photo to use instead of a thread's
    .photo10 = photo10
    .photo10-description = A photo to use instead of a thread's
    .message = message
    .message-description = A link to a message whose photos to use instead of a thread's (Copy Message Link)
    .private = private
    .private-description = Show the answer only to you
command-average = average
    .description = The average face of the photos in a thread or channel, or of photos you choose
    .thread = thread
    .thread-description = A thread or channel whose photos to use; this one if left out
    .limit = limit
    .limit-description = How many of the newest photos to use
    .faces = faces
    .faces-description = Which faces in each photo to use; the largest if left out
    .one_each = one_each
    .one_each-description = Count each person once, no matter how often they appear
    .method = method
    .method-description = How to combine the faces; their mean if left out
    .shape = shape
    .shape-description = How to line the faces up; warped to the mean shape if left out
    .size = size
    .size-description = Width and height of the face in pixels; 768 if left out
    .texture = texture
    .texture-description = Whether to restore the fine detail of skin and hair; yes if left out
    .symmetric = symmetric
    .symmetric-description = Make the two halves of the face mirror images
    .match_colour = match_colour
    .match_colour-description = Match the colour and brightness of all faces first
    .mix_with = mix_with
    .mix_with-description = Another thread or channel: blend its average with this one
    .ratio = ratio
    .ratio-description = How much of the other average is in the blend, in percent; 50 if left out
    .morph = morph
    .morph-description = Also make an animation from one average to the other
    .message = message
    .message-description = A link to a message whose photos to use instead of a thread's (Copy Message Link)
    .photo1 = photo1
    .photo1-description = A photo to use instead of a thread's
    .photo2 = photo2
    .photo2-description = A photo to use instead of a thread's
    .photo3 = photo3
    .photo3-description = A photo to use instead of a thread's
    .photo4 = photo4
    .photo4-description = A photo to use instead of a thread's
    .photo5 = photo5
    .photo5-description = A photo to use instead of a thread's
    .photo6 = photo6
    .photo6-description = A photo to use instead of a thread's
    .photo7 = photo7
    .photo7-description = A photo to use instead of a thread's
    .photo8 = photo8
    .photo8-description = A photo to use instead of a thread's
    .private = private
    .private-description = Show the answer only to you
command-about = about
    .description = What this bot does, and what happens to your photos

## Entries in Discord's own menus of a message and of a person. At most 32 characters.

context-heatmap = Heatmap
context-average = Average these faces
context-alike = How alike?
context-alike-we = How alike are we?

choice-identity = What makes it this face
choice-largest = The largest number only
choice-occlusion = Occlusion
choice-largest-face = The largest in each photo
choice-every-face = Every face in each photo
choice-mean = Mean
choice-median = Median
choice-mode = Mode, the most frequent values
choice-trimmed = Mean without the extremes
choice-warp = Warped to the mean shape
choice-align = Only eyes and mouth aligned
choice-article = As in the article: rotated and overlaid, small

## Answers

similar-same = **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%** alike: most likely the same person.
similar-lookalike = **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%** alike: look-alikes, but most likely two different people.
similar-some = **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%** alike: most likely two different people, with some likeness.
similar-little = **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%** alike: most likely two different people, with little likeness.
similar-unsure = **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%** alike, but these photos are not good enough to tell whether it is the same person.
similar-near = That is close to the cutoff: other photos of the same two faces could change the answer. Treat this as a maybe.
similar-interval = Clear photos would most likely give between { NUMBER($low, maximumFractionDigits: 1) }% and { NUMBER($high, maximumFractionDigits: 1) }%. { $faces ->
        [both] For a surer answer, use photos that show both faces { $how }.
       *[one] For a surer answer, replace { $photo } with a photo that shows the face { $how }.
    }
similar-interval-alt = A band along the gauge, from { NUMBER($low, maximumFractionDigits: 1) } to { NUMBER($high, maximumFractionDigits: 1) } percent, shows what clear photos would most likely give.
similar-rank = More alike than **{ NUMBER($rank, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) }** of pairs of strangers (±{ NUMBER($error, minimumFractionDigits: 1, maximumFractionDigits: 1) } points).
similar-rank-top = More alike than **at least { NUMBER($rank, style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1) }** of pairs of strangers.
similar-meaning = At { NUMBER($line, maximumFractionDigits: 0) }% or more, the model ({ $model }) treats two { $clear ->
        [no] clearly visible faces
       *[yes] faces
    } as the same person. { $metric ->
        [euclidean] Distance between these two: { NUMBER($score, minimumFractionDigits: 3, maximumFractionDigits: 3) }. Cutoff: { NUMBER($threshold, minimumFractionDigits: 2, maximumFractionDigits: 3) } (lower is more alike).
       *[cosine] Cosine similarity of these two: { NUMBER($score, minimumFractionDigits: 3, maximumFractionDigits: 3) }. Cutoff: { NUMBER($threshold, minimumFractionDigits: 2, maximumFractionDigits: 3) } (higher is more alike).
    }
similar-alt = Two faces side by side: the one from { $first } on the left, the one from { $second } on the right. Below them, a gauge shows { NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) } percent, { $reached ->
        [yes] at or past the { NUMBER($line, maximumFractionDigits: 0) } percent mark, where two faces are treated as the same person.
       *[no] short of the { NUMBER($line, maximumFractionDigits: 0) } percent mark, where two faces are treated as the same person.
    }
similar-why-both = What makes them alike: **{ $alike }**. What sets them apart: **{ $apart }**.
similar-why-alike = What makes them alike: **{ $alike }**. Nothing in particular sets them apart.
similar-why-apart = What sets them apart: **{ $apart }**. Nothing in particular makes them alike.
similar-why-none = No single part of the faces decides it: hiding any of them in both photos changes next to nothing.
similar-why-alt = On either side of the percentage, the faces appear again, small and grey: blue where a part makes them alike, orange where it sets them apart.

several-faces = { $photo } shows { $count } faces; number { $number } from the left was used.
numbered-alt = The photo { $photo } with its { $count } faces framed and numbered, from left to right.
menu-face = { $which ->
        [first] First: face { $number } of { $photo }
        [second] Second: face { $number } of { $photo }
       *[only] Face { $number } of { $photo }
    }
menu-faces = Faces { $first } to { $last } of { $photo }
menu-method = Method: { $method }
menu-methods = Another method
menu-not-yours = Only the person who asked can use this. Use the command yourself to get buttons and menus of your own.
menu-over = This is no longer active, because I keep no photos. Please use the command again.
menu-elsewhere = I can't find the answer that this belongs to: it is no longer active, or the part of me that gave it could not be reached. Please press it once more, or use the command again.

button-swap = Swap
button-heatmap-left = Left heatmap
button-heatmap-right = Right heatmap
button-mean = Use mean
button-median = Use median
button-texture = More detail
button-no-texture = Smoother
button-delete = Delete
delete-not-yours = Only the person who asked, or a moderator, can delete this.

lookalikes-count = { $count } faces, compared by { $model }. Numbers match the picture.
lookalikes-best = **{ NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%**: { $first } and { $second } are the most alike.
lookalikes-next = { NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%: { $first } and { $second }
lookalikes-strangers = Of the pairs that are treated as different people, { $first } and { $second } are the most alike: { NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) }%.
lookalikes-groups = { $groups ->
        [0] No one appears twice (that would be { NUMBER($line, maximumFractionDigits: 0) }% or more).
        [one] Most likely the same person:
       *[other] Most likely the same person in each of these groups:
    }
lookalikes-group = - { $faces }
lookalikes-face = no. { $number }
lookalikes-face-of = no. { $number } ({ $photo })
lookalikes-more-faces = { $count } more
lookalikes-more-groups = { $count ->
        [one] - and one more person
       *[other] - and { $count } more people
    }
lookalikes-cautions = Marked “?” in the picture: faces that are not seen clearly, and are grouped only where that is sure.
lookalikes-cautions-alt = A question mark stands after the numbers of faces that are not seen clearly.
lookalikes-caution = - { $flaw }: { $faces }
lookalikes-caution-other = - other flaws: { $faces }
lookalikes-alt = The two most alike faces, number { $first } and number { $second }, with { NUMBER($percent, minimumFractionDigits: 1, maximumFractionDigits: 1) } percent between them. Below, a table with a row and a column for each of the { $count } faces; the brighter a cell, the more alike the two. { $groups ->
        [0] No two faces are treated as the same person.
        [one] One person appears several times and is framed.
       *[other] { $groups } people appear several times and are framed.
    }

gradcam-most = The model looks most at the **{ $first }** ({ NUMBER($first-share, style: "percent", maximumFractionDigits: 0) }), then at the { $second } ({ NUMBER($second-share, style: "percent", maximumFractionDigits: 0) }) and the { $third } ({ NUMBER($third-share, style: "percent", maximumFractionDigits: 0) }).
gradcam-all = Share of attention: { $shares }.
gradcam-share = { $region } { NUMBER($share, style: "percent", maximumFractionDigits: 0) }
gradcam-method = Method: { $method }, model: { $model }. { $target ->
        [identity] The picture shows what makes the model recognise this face.
        [likeness] The picture shows what makes this face look like the one in { $other }.
        [none] This method shows what stands out most inside the model, whatever it is used for.
        [largest] The picture shows what drives the largest number in the model's description of this face.
       *[dimension] The picture shows what drives number { $dimension } in the model's description of this face.
    }
gradcam-outside = ⚠️ { NUMBER($share, style: "percent", maximumFractionDigits: 0) } lies outside the face. Either the model relies on hair, clothes or background in this photo, or this method shows it badly: compare it with another one.
gradcam-alt = The photo { $photo }, and next to it the same photo with a heatmap over the face. The heatmap is strongest over these parts: { $shares }.

region-brows = eyebrows
region-eyes = eyes
region-nose = nose
region-mouth = mouth
region-cheeks = cheeks
region-chin = chin
region-forehead = forehead
region-outside = area outside the face

average-done = { $source ->
        [selection] Average of **{ $faces } faces**.
       *[place] Average of **{ $faces } faces** in { $photos ->
            [one] one photo
           *[other] { $photos } photos
        } from { $place }.
    }
average-mixture = A blend of two averages: { NUMBER($share, style: "percent", maximumFractionDigits: 0) } from { $place } ({ $first ->
        [one] **1 face**
       *[other] **{ $first } faces**
    }) and { NUMBER($ratio, style: "percent", maximumFractionDigits: 0) } from { $other } ({ $second ->
        [one] **1 face**
       *[other] **{ $second } faces**
    }).
place-options = your selection
average-recipe = Made with: { $choices }.
average-people = { $people ->
        [one] They seem to be one person.
       *[other] They seem to be { $people } people; each counts once.
    }
average-ready = { $why ->
        [time] Discord accepts an answer for 15 minutes and no longer, so this is the average of what was ready by then
       *[stopped] It was stopped early, so this is the average of what was ready
    }; { $left ->
        [one] one photo was not looked at.
       *[other] { $left } photos were not looked at.
    }
average-progress = { $photos } of { $total } photos, { $faces ->
        [one] 1 face
       *[other] { $faces } faces
    } …
average-alt = The average of { $count } faces, and below it small pictures of the faces that went into it.
average-alt-mixture = A face that is { NUMBER($ratio, style: "percent", maximumFractionDigits: 0) } of the way from the average of { $first ->
        [one] one face
       *[other] { $first } faces
    } to that of { $second ->
        [one] another
       *[other] { $second } others
    }. Below it, seven pictures lead from the first average to the second, and a mark shows where this one lies.
average-alt-morph = An animation in which the first average turns into the second and back.

recipe-no-texture = no texture
recipe-symmetric = symmetric
recipe-match-colour = colours matched

skipped = Left out:
skipped-of = Left out of { $place }:
skipped-photo = - { $photo }: { $reason }
skipped-face = - { $photo }, face { $number } from the left: { $reason }
skipped-faces = - { $photo }, { $count } of its faces: { $reason }
skipped-more = { $count ->
        [one] - … and one more
       *[other] - … and { $count } more
    }

progress-own = Your earlier request comes first …
progress-line = { $place ->
        [1] You are next in line: likely less than { $time } to wait …
       *[other] You are number { $place } in line: likely less than { $time } to wait …
    }
progress-photos = Getting the photos …
progress-wait = You are next …
progress-work = Looking at the faces …
progress-stopping = Stopping …
stop = Stop
cancel = Cancel
stop-not-yours = Only the person who asked, or a moderator, can stop this.
stop-over = There is nothing left to stop: this request is finished.
stop-elsewhere = I can't find this request: it is finished, or the part of me that is working on it could not be reached. If it is still running, please press once more.

reason-not-on-discord = it is on a website that I don't download from
reason-no-face = no face found
reason-not-a-picture = not an image that I can read
reason-broken-picture = the file is damaged
reason-file-too-large = the file is too large
reason-picture-too-large = too many pixels
reason-too-much-memory = takes too much memory to read
reason-harmful-photo = I crashed on it twice
reason-download-failed = could not be downloaded
reason-no-such-face = it has no face with the chosen number
reason-only-one-face = shows only one face
reason-too-many-faces = more faces than one picture can show
reason-link-expired = could not be downloaded: the link has expired, or the photo was deleted
reason-access-denied = could not be downloaded: I have no access to it
reason-worker-lost = something broke while I was working on it
reason-deadline-exceeded = took too long
reason-turned-away = the face is turned too far away, or too unclear, to be lined up with the others
reason-too-small = the face is too small for an average of this size
reason-too-blurred = the face is too blurry
reason-duplicate = the same picture is already in
reason-no-room = all photos together would be too large
reason-profile = the face is too much in profile to be compared
reason-turned = the face is turned too far away to be compared
reason-small = the face is too small to be compared
reason-blurred = the face is too blurred to be compared
reason-pixelated = the face is too pixelated to be compared
reason-overexposed = the face is too overexposed to be compared
reason-dark = the face is too dark to be compared
reason-stretched = the face is too stretched to be compared
reason-cut-off = too much of the face is missing to compare it
reason-eyes-covered = the eyes are covered, so the face cannot be compared
reason-mouth-covered = mouth and nose are covered, so the face cannot be compared
reason-unclear = the face is too unclear to be compared
reason-other = could not be used

picture-too-heavy = My picture is { NUMBER($size, maximumFractionDigits: 1) } MB, but only { NUMBER($limit, maximumFractionDigits: 1) } MB can be sent here, so it is left out.
picture-not-written = No picture was written: add --out { $file } to get one.

about-title = Sokkuri { $version }, free software (MIT licence)
about-what = Four questions about faces in photos:
    - { $similar }: how alike are two faces?
    - { $lookalikes }: who looks like whom, among many faces?
    - { $gradcam }: what does the neural network look at in a face?
    - { $average }: what is the average of all the faces in a thread?
    Or without typing: right-click a message with photos, or a person (on a phone, press and hold), and choose “Apps”.
about-privacy = **Privacy:** Discord sends photos to the machine that this bot runs on. They are processed there in memory while you wait, and the answer goes back to Discord. Nothing is stored, logged or shared: no photo, no face, no number.
about-model = **Models:** { $model } compares faces, { $finders } find them, all on that machine. They measure how alike photos look; they cannot prove who anyone is.{ $name ->
        [sface] { " " }Which photos SFace was trained on, its authors do not say.
       *[other] {""}
    }
about-licensed = { $model } ({ $licence })
about-languages = **Languages:** { $languages }. I answer in the language of your Discord.
about-operator = **Run by:** { $operator }
about-website = Website
about-privacy-policy = Privacy policy
about-support = Help

welcome = Thank you for adding me! I am Sokkuri.
welcome-privacy = Photos are processed in memory, and nothing is stored, logged or shared. More in { $about }.

## What is wrong with a face, in full (`value`, and `other` of the second face: how much of it was measured) and in short, and what a better photo is like.

caution-profile = { $faces ->
        [both] Both faces are in profile.
       *[one] { $photo } shows the face in profile.
    }
caution-turned = { $faces ->
        [both] Both faces are turned away, { NUMBER($value, maximumFractionDigits: 0) }° and { NUMBER($other, maximumFractionDigits: 0) }° from the front.
       *[one] { $photo } shows the face turned away, { NUMBER($value, maximumFractionDigits: 0) }° from the front.
    }
caution-small = { $faces ->
        [both] Both faces are small: { NUMBER($value, maximumFractionDigits: 0) } and { NUMBER($other, maximumFractionDigits: 0) } pixels wide.
       *[one] The face in { $photo } is only { NUMBER($value, maximumFractionDigits: 0) } pixels wide.
    }
caution-blurred = { $faces ->
        [both] Both faces are blurred: they have no more detail than faces { NUMBER($value, maximumFractionDigits: 0) } and { NUMBER($other, maximumFractionDigits: 0) } pixels wide.
       *[one] The face in { $photo } is blurred: it has no more detail than one that is { NUMBER($value, maximumFractionDigits: 0) } pixels wide.
    }
caution-pixelated = { $faces ->
        [both] Both faces are pixelated, with only { NUMBER($value, maximumFractionDigits: 0) } and { NUMBER($other, maximumFractionDigits: 0) } blocks across.
       *[one] The face in { $photo } is pixelated, with only { NUMBER($value, maximumFractionDigits: 0) } blocks across.
    }
caution-overexposed = { $faces ->
        [both] Both faces are overexposed: { NUMBER($value, style: "percent", maximumFractionDigits: 0) } and { NUMBER($other, style: "percent", maximumFractionDigits: 0) } of them are too bright to show any detail.
       *[one] The face in { $photo } is overexposed: { NUMBER($value, style: "percent", maximumFractionDigits: 0) } of it is too bright to show any detail.
    }
caution-dark = { $faces ->
        [both] Both faces are dark: { NUMBER($value, style: "percent", maximumFractionDigits: 0) } and { NUMBER($other, style: "percent", maximumFractionDigits: 0) } of them are too dark to show any detail.
       *[one] The face in { $photo } is dark: { NUMBER($value, style: "percent", maximumFractionDigits: 0) } of it is too dark to show any detail.
    }
caution-stretched = { $faces ->
        [both] Both faces are stretched, by factors of { NUMBER($value, maximumFractionDigits: 1) } and { NUMBER($other, maximumFractionDigits: 1) }.
       *[one] The face in { $photo } is stretched: { $side ->
            [wide] { NUMBER($value, maximumFractionDigits: 1) } times as wide as it should be.
           *[tall] { NUMBER($value, maximumFractionDigits: 1) } times as tall as it should be.
        }
    }
caution-cut-off = { $faces ->
        [both] Parts of both faces are missing, outside the picture or under a bar: { NUMBER($value, style: "percent", maximumFractionDigits: 0) } and { NUMBER($other, style: "percent", maximumFractionDigits: 0) } of them.
       *[one] Part of the face in { $photo } is missing, outside the picture or under a bar: { NUMBER($value, style: "percent", maximumFractionDigits: 0) } of it.
    }
caution-eyes-covered = { $faces ->
        [both] The eyes are covered in both faces ({ NUMBER($value, style: "percent", maximumFractionDigits: 0) } and { NUMBER($other, style: "percent", maximumFractionDigits: 0) } of the upper half).
       *[one] The eyes are covered in { $photo } ({ NUMBER($value, style: "percent", maximumFractionDigits: 0) } of the upper half of the face).
    }
caution-mouth-covered = { $faces ->
        [both] Mouth and nose are covered in both faces ({ NUMBER($value, style: "percent", maximumFractionDigits: 0) } and { NUMBER($other, style: "percent", maximumFractionDigits: 0) } of the lower half).
       *[one] Mouth and nose are covered in { $photo } ({ NUMBER($value, style: "percent", maximumFractionDigits: 0) } of the lower half of the face).
    }
caution-unclear = { $faces ->
        [both] The model finds little to go by in both faces: { NUMBER($value, style: "percent", maximumFractionDigits: 0) } and { NUMBER($other, style: "percent", maximumFractionDigits: 0) } of what clear faces give it.
       *[one] The model finds little to go by in { $photo }: { NUMBER($value, style: "percent", maximumFractionDigits: 0) } of what clear faces give it.
    }
caution-on-left = { $photo } (on the left)
caution-on-right = { $photo } (on the right)

flaw-profile = in profile
flaw-turned = turned away
flaw-small = small
flaw-blurred = blurred
flaw-pixelated = pixelated
flaw-overexposed = overexposed
flaw-dark = dark
flaw-stretched = stretched
flaw-cut-off = partly missing
flaw-eyes-covered = eyes covered
flaw-mouth-covered = mouth and nose covered
flaw-unclear = unclear

better-profile = from the front
better-turned = from the front
better-small = larger
better-blurred = in focus
better-pixelated = without pixelation
better-overexposed = in softer light
better-dark = in better light
better-stretched = in true proportions
better-cut-off = as a whole
better-eyes-covered = with nothing over the eyes
better-mouth-covered = with nothing over mouth and nose
better-unclear = sharp and well lit

## What went wrong, and what to do next. `photo` and `place` are names.

error-not-a-picture = { $photo } is not an image that I can read. Please send a JPEG, PNG, WebP, GIF, AVIF or HEIC.
error-broken-picture = { $photo } is damaged or cut short. Please send it again, or save it again first.
error-file-too-large = { $photo } is too large: it is { NUMBER($size, maximumFractionDigits: 1) } MB, and the limit is { NUMBER($limit, maximumFractionDigits: 1) } MB. Please send a smaller version.
error-picture-too-large = { $photo } has too many pixels: it is { $width } × { $height }, and the limit is { NUMBER($limit, maximumFractionDigits: 0) } megapixels. Please send a smaller version.
error-too-much-memory = { $photo } takes more memory to read than one photo may use. Please send a smaller version.
error-harmful-photo = I crashed twice while working on { $photo }, so I will not try it again for a while. Please use another photo, or open it in a photo app and save it again as JPEG.
error-download-failed = { $photo } could not be downloaded. Please send it again.
error-link-expired = { $photo } could not be downloaded: its link has expired, or it was deleted. Please send it again.
error-access-denied = { $photo } could not be downloaded, because I have no access to it. Please send it here.
error-no-face = I found no face in { $photo }. Please use a photo that shows the face from the front, large and well lit.
error-no-such-face = { $photo } has no face number { $number }: { $count ->
        [one] it shows one face.
       *[other] it shows { $count } faces, numbered from the left.
    }
error-unrecognisable-profile = I cannot compare the face in { $photo }: it is in profile. Please use a photo that shows it from the front.
error-unrecognisable-turned = I cannot compare the face in { $photo }: it is turned { NUMBER($value, maximumFractionDigits: 0) }° from the front. Please use a photo that shows it from the front.
error-unrecognisable-small = I cannot compare the face in { $photo }: it is only { NUMBER($value, maximumFractionDigits: 0) } pixels wide. Please use a photo that shows it larger, or the original if this is a reduced copy.
error-unrecognisable-blurred = I cannot compare the face in { $photo }: it is so blurred that it has no more detail than one that is { NUMBER($value, maximumFractionDigits: 0) } pixels wide. Please use a photo in which it is in focus.
error-unrecognisable-pixelated = I cannot compare the face in { $photo }: it is pixelated, with only { NUMBER($value, maximumFractionDigits: 0) } blocks across. Please use a photo without pixelation, such as the original.
error-unrecognisable-overexposed = I cannot compare the face in { $photo }: { NUMBER($value, style: "percent", maximumFractionDigits: 0) } of it is too bright to show any detail. Please use a photo in softer light.
error-unrecognisable-dark = I cannot compare the face in { $photo }: { NUMBER($value, style: "percent", maximumFractionDigits: 0) } of it is too dark to show any detail. Please use a photo in better light.
error-unrecognisable-stretched = I cannot compare the face in { $photo }: it is stretched to { $side ->
            [wide] { NUMBER($value, maximumFractionDigits: 1) } times its width.
           *[tall] { NUMBER($value, maximumFractionDigits: 1) } times its height.
        } Please use a photo in its original proportions.
error-unrecognisable-cut-off = I cannot compare the face in { $photo }: { NUMBER($value, style: "percent", maximumFractionDigits: 0) } of it is missing, outside the picture or under a bar. Please use a photo that shows the whole face.
error-unrecognisable-eyes-covered = I cannot compare the face in { $photo }: the eyes are covered ({ NUMBER($value, style: "percent", maximumFractionDigits: 0) } of the upper half of the face). Please use a photo with nothing over the eyes.
error-unrecognisable-mouth-covered = I cannot compare the face in { $photo }: mouth and nose are covered ({ NUMBER($value, style: "percent", maximumFractionDigits: 0) } of the lower half of the face). Please use a photo with nothing over mouth and nose.
error-unrecognisable-unclear = I cannot compare the face in { $photo }: the model finds only { NUMBER($value, style: "percent", maximumFractionDigits: 0) } of what clear faces give it. Please use a photo that shows it from the front, large, sharp and well lit.
error-only-one-face = I could find only one face in { $photo }. Please add a second photo, or use one of several people.
error-no-photos = { $looked_at ->
        [0] There are no photos in { $place }.
       *[other] There are no photos among the newest { $looked_at } messages of { $place }. Post some there, or choose another thread.
    }
error-no-photos-in-message = That message has no photo that I can use. Please choose a message with a photo in it, or a reply to one.
error-too-few-photos = { $command ->
        [gradcam] Please give me a photo, in one of the options `photo`, `user` and `message`.
       *[other] { $given ->
            [0] Please tell me whom to compare: give me two photos, one photo of several people, two people whose profile pictures to compare, or a link to a message.
           *[other] One profile picture is not enough. Please add a photo, someone else, or a link to a message to compare it with.
        }
    }
error-no-avatar = { $whose ->
        [own] You don't have a profile picture. Please use a photo instead.
       *[other] { $person } doesn't have a profile picture. Please use a photo instead.
    }
error-not-a-message-link = That is not a link to a message. You can copy one from the menu of the message: “Copy Message Link”.
error-no-such-message = I cannot find that message. It may have been deleted, or it is somewhere that you or I may not read: a hidden channel, a private thread that one of us is not in, or a server that I have not joined. Wherever you see a message with photos, this works: right-click it, then Apps, “{ context-average }” or “{ context-alike }”.
error-no-such-dimension = The model's description of a face has { $count } numbers, counted from 0; there is no number { $number }. Please choose a smaller one.
error-method-not-installed = This kind of heatmap is not installed here. Please choose the method “{ choice-occlusion }”, which is. Whoever runs this bot can install the others: `make torch`.
error-too-few-faces = { $found ->
        [0] I found no face that I could use, and { $needed } are needed. Add photos that show a face from the front.
        [one] I found only one face that I could use, and { $needed } are needed. Add photos that show a face from the front.
       *[other] I found only { $found } faces that I could use, and { $needed } are needed. Add photos that show a face from the front.
    }
error-missing-attach-files = I may not send pictures in { $place }: I don't have the permission “{ $permission }” there. Someone who manages the server can grant it: channel settings, then Permissions, then my name. Until then, use me in another channel or in a direct message.
error-missing-permission = I may not read { $place }: I don't have the permission “{ $permission }” there. Someone who manages the server can grant it: channel settings, then Permissions, then my name. What works anyway: right-click a message with photos, then Apps, “{ context-average }” or “{ context-alike }”.
error-missing-message-content = I cannot see the photos in { $place }, because the Message Content Intent is switched off. Whoever runs this bot can switch it on: Discord Developer Portal, page “Bot”, “Message Content Intent”, and then `message_content = true` in the bot's settings. What works anyway: right-click a message with photos, then Apps, “{ context-average }” or “{ context-alike }”.
error-not-installed-here = I am not a member of the server or conversation whose messages I would have to read. Someone who manages the server can add me to it. What works anyway: give me photos in the options, or right-click a message with photos, then Apps, “{ context-average }” or “{ context-alike }”.
error-not-in-thread = { $who ->
        [person] You are not in the private thread { $place }. Ask someone who is in it to add you, or choose another place.
       *[bot] I cannot see the thread { $place }. If it is private, someone who is in it can add me by mentioning me there. If it is not, I don't have the permission “{ permission-view-channel }” in the channel that it belongs to. What works anyway: right-click a message with photos, then Apps, “{ context-average }” or “{ context-alike }”.
    }
error-wrong-place = I cannot do that here. Please choose a thread or text channel of this server whose messages we can both read, or give me photos in the options.
error-nothing-to-mix = The options `ratio` and `morph` are for blending two averages: please choose the other thread or channel with `mix_with`.
error-stopped = Stopped before there was anything to show.
error-out-of-time = Discord accepts an answer for 15 minutes and no longer, and nothing was ready by then. Please try again later, or with fewer photos.
error-busy = { $scope ->
        [person] You have { $open ->
            [one] one request
           *[other] { $open } requests
        } open already, which is as many as one person may have. Please wait about { $time } for one of them, and try again.
        [guild] This server has { $open ->
            [one] one request
           *[other] { $open } requests
        } open already, which is as many as one server may have. Please try again in { $time }.
       *[everybody] I am busy: { $open ->
            [one] one request is open
           *[other] { $open } requests are open
        } already, which is as many as I can take. Please try again in { $time }.
    }
error-too-often = That was a lot of requests in a short time. Please try again in { $time }.
error-stopping = I am being restarted. Please try again in a minute.
error-deadline-exceeded = Sorry, that took too long, so I gave up. Please try again, perhaps with smaller or fewer photos. (Request { $id })
error-start-too-slow = Sorry, I am not ready yet: starting up is taking longer than usual. Please try again in a minute. (Request { $id })
error-worker-lost = Sorry, something broke while I was working on this. Please try again. (Request { $id })
error-fault = Sorry, something went wrong on my side; it is not your photo's fault. If it happens again, please tell whoever runs this bot and mention this request: { $id }

permission-attach-files = Attach Files
permission-view-channel = View Channel
permission-read-message-history = Read Message History
permission-connect = Connect
