# What buyers say of products, what sellers answer, and what is reported of it.
product-review-rating = Rating
product-review-author = Verified buyer
product-review-stars-of = { $stars } of { $most } stars
product-review-count-unseen = reviews
product-review-count =
    { $number ->
        [one] One review
       *[other] { $count } reviews
    }
product-review-distribution = How often each number of stars was given
product-review-stars = Stars
product-review-share = Share
product-review-number = Reviews
product-review-stars-row =
    { $stars ->
        [one] 1 star
       *[other] { $stars } stars
    }
product-review-edited = changed
product-review-verified = Verified purchase
product-review-used =
    { $days ->
        [0] Bought on { $date }
        [one] Bought on { $date }, reviewed a day later
       *[other] Bought on { $date }, reviewed { $days } days later
    }
product-review-returned = Returned
product-review-uncounted = Not in the rating
product-review-uncounted-returned = It is shown and no part of the rating, because what you bought was given back.
product-review-uncounted-sells_here = It is shown and no part of the rating, because your account sells on this site.
product-review-uncounted-seller = It is shown and no part of the rating, because your account was verified as the same company or person as the seller's.
product-review-uncounted-same_owner = It is shown and no part of the rating, because another account of the same company or person has rated this product.
product-review-answer = Answer of the seller
product-review-all = All reviews
product-review-sort-newest = Newest first
product-review-sort-highest = Most stars first
product-review-sort-lowest = Fewest stars first
product-review-sorting = Order of the reviews
product-review-of = Reviews of { $name }
product-review-back-label = Back
product-review-none = No such reviews
product-review-none-text = Those who have bought this product can write one from the page of what they own.
product-review-first-page = First page
product-review-next-page = Next page
product-review-report = Report
product-review-report-title = Report a review
product-review-report-lead = The operator looks at it and tells you what came of it. Sellers cannot hide reviews, and a low rating alone is no reason.
product-review-report-reason = What is wrong with it?
product-review-report-note = Where to look
product-review-report-hint = The passage, or what shows it.
product-review-report-do = Report it
product-review-reason-untrue = It states something untrue
product-review-reason-insulting = It insults somebody
product-review-reason-advertising = It advertises something
product-review-reason-personal = It tells what is private or confidential
product-review-reason-off_topic = It is not about the product
product-review-reason-arranged = It was paid for or arranged
product-review-reason-other = Something else
product-review-state = State
product-review-state-shown = Shown
product-review-state-hidden = Hidden
product-review-state-withdrawn = Withdrawn
product-review-case-open = Reported
product-review-case-kept = Kept
product-review-case-hidden = Hidden
product-review-case-appealed = Appealed
product-review-case-upheld = Stays hidden
product-review-case-restored = Shown again
product-review-yours = Your review
product-review-yours-of = Your review of { $name }
product-review-see = See it
product-review-part-text = Tell others what it does well and what it does not.
product-review-write = Write a review
product-review-write-title = Review { $name }
product-review-write-lead = What others want to know: what you use it for, what works, what does not. Your name is shown as the site shows names, never your sign-in.
product-review-publish = Publish
product-review-meaning-1 = Does not work for us
product-review-meaning-2 = Falls short
product-review-meaning-3 = Does its job
product-review-meaning-4 = Good
product-review-meaning-5 = Very good
product-review-title = Title
product-review-title-hint = The most important thing in one line.
product-review-text = Your experience
product-review-text-hint = { $min } to { $max } characters.
product-review-lang = Language
product-review-rules = No links, addresses or phone numbers, nothing that insults or is confidential. You can change it; earlier versions are kept.
product-review-change = Save changes
product-review-again = Publish again
product-review-mine = My reviews
product-review-mine-lead = What your account says of products it has bought.
product-review-mine-none = No reviews yet
product-review-mine-none-text = You can review what you have bought and paid for, from its page.
product-review-mine-go = See what you own
product-review-product = Product
product-review-written = Written
product-review-answered = Answered
product-review-unanswered = Not yet
product-review-facts = About it
product-review-edition = Bought as
product-review-weight = Rating
product-review-withdraw = Withdraw
product-review-withdraw-title = Withdraw this review?
product-review-withdraw-text = It is not shown any more and no part of the rating. You can publish it again, which counts as a change of it.
product-review-reasons = Reasons of the operator:
product-review-appeal = Appeal
product-review-appeal-text = Why it has to be shown
product-review-appeal-until = You may appeal once, until { $time }. Somebody other than the person who hid it decides.
product-review-appeal-do = Appeal
product-review-appeal-answer = Answer of the operator
product-review-sold = Reviews
product-review-sold-lead = What buyers say of your products. Answer politely: everybody reads it. There is one answer to each, which you can change a few times.
product-review-sold-all = All
product-review-sold-unanswered = To be answered
product-review-sold-none = No reviews yet
product-review-sold-none-text = They come here, with a message, as soon as a buyer writes one.
product-review-sold-none-waiting = Everything is answered
product-review-sold-none-waiting-text = New reviews come here, with a message.
product-review-answer-write = Answer
product-review-answer-change = Change the answer
product-review-answer-hint = Up to { $max } characters; no ways to deal elsewhere.
product-review-answer-do = Publish the answer
product-review-answer-drop = Take the answer away
product-review-answer-drop-title = Take your answer away?
product-review-answer-drop-text = Nobody reads it any more. You can answer again, which counts as a change of it.
product-review-cases = Reported reviews
product-review-cases-lead = Keep what is an opinion, hide what breaks the rules, and say why: the author and who reported it read your reasons.
product-review-cases-waiting = Waiting
product-review-cases-none = Nothing here
product-review-cases-none-text = Reports come here with the day on which they are due.
product-review-case-state = State
product-review-case-of = Reported review of { $name }
product-review-case-facts = The case
product-review-reports = Reports
product-review-reported-version = version { $number }
product-review-due = Due
product-review-as-shown = The review
product-review-versions = Earlier versions
product-review-version =
    { $stars ->
        [one] Version { $number }: 1 star
       *[other] Version { $number }: { $stars } stars
    }
product-review-seller = Seller
product-review-account = Author
product-review-opened = Reported
product-review-statement = Statement of reasons
product-review-statement-hint = What was found, by which rule. The author reads it and may appeal once.
product-review-decide = Decide
product-review-decision = Decision
product-review-outcome-keep = Keep it
product-review-outcome-hide = Hide it
product-review-outcome-hint-keep = It stays as it is; whoever reported it is told why.
product-review-outcome-hint-hide = Nobody reads it, and it is no part of the rating; its author may appeal.
product-review-appeal-outcome-uphold = It stays hidden
product-review-appeal-outcome-restore = Show it again
product-review-same-hand = You hid this review. A colleague decides on the appeal.
done-review-written = Review published
done-review-withdrawn = Review withdrawn
done-review-reported = Reported. You will be told what came of it
done-review-appealed = Appeal sent
done-review-answered = Answer published
done-review-answer-dropped = Answer taken away
done-review-decided = Decided
