# Trials: what can be tried for nothing before it is bought.
convert-back = Back to the trial
convert-begins = Its paid term begins with this order; what is left of the trial is not added.
convert-coupons = Discounts that the seller has given to your account count; coupons are for purchases on the page of the product.
convert-length = For how long
convert-recompute = Show the price
convert-same = The same instance goes on with everything in it; nothing has to be set up anew.
convert-term = Paid term
convert-title = Buy what you are trying
convert-what = What happens then
done-trial-bought = Bought. It goes on as it is.
done-trial-started = The trial has begun. It is being opened.
done-trials-saved = Saved; it holds for trials that begin from now on
errand-kind-convert = Turn the trial into a purchase
instance-after-trial =
    { $count ->
        [0] When the trial ends, nothing is charged, and what is in it is released at once.
        [one] When the trial ends, nothing is charged: it is frozen, and what is in it is kept for 1 day.
       *[other] When the trial ends, nothing is charged: it is frozen, and what is in it is kept for { $count } days.
    }
instance-trial = Trial
instance-trial-buy = Buy it and go on
instance-trial-ended = The trial is over and it is frozen; nothing was charged. What is in it is kept until { $time }.
instance-trial-until = This is a trial. It ends on { $time }; it costs nothing and does not go on by itself.
listing-field-trial-days = Free trial
listing-trial-days = Free trial, days
listing-trial-days-hint = From { $min } to { $max }; empty: no trial. For SaaS that is paid by the month or year. Each account tries an edition once.
order-kind-all = All
order-kind-conversion = Bought after a trial
order-kind-label = Kind
order-kind-new = Purchase
order-kind-trial = Trial
order-moment-ended = Not opened, ended
search-trial = Trial
search-trial-free = With a free trial
storefront-need-text-trial = Days or weeks with the real thing before you decide.
storefront-need-trial = Try it for free
storefront-trial = Free trial
storefront-trial-days =
    { $count ->
        [one] Free for 1 day
       *[other] Free for { $count } days
    }
storefront-trial-not-not-listed = The seller offers this trial to chosen accounts only. Ask the seller, or sign in with an account that was chosen.
storefront-trial-not-not-offered = There is no trial of this edition.
storefront-trial-not-sold-out = Sold out: it cannot be tried at the moment.
storefront-trial-not-tried = Your account has tried this edition before; each account tries it once.
storefront-trial-start =
    { $count ->
        [one] Try it free for 1 day
       *[other] Try it free for { $count } days
    }
storefront-trial-text = What you have chosen above, for nothing. It ends by itself, and nothing is ever charged.
trial-after = When the trial ends
trial-after-frozen =
    { $count ->
        [0] What is in it is released at once, unless you have bought it before.
        [one] It is frozen. What is in it is kept for 1 more day and then released.
       *[other] It is frozen. What is in it is kept for { $count } more days and then released.
    }
trial-after-nothing = Nothing is charged, and it does not turn into a purchase by itself. You are reminded before.
trial-after-once = Your account can try this edition once.
trial-agreement = By starting it you accept the seller's agreement.
trial-agreement-read = Read the agreement
trial-back = Back to the product
trial-free =
    { $count ->
        [one] for 1 day
       *[other] for { $count } days
    }
trial-length = Length
trial-now-completed = It is open. Its page says how to get in and until when you can try it.
trial-now-failing = It could not be opened yet and is tried again. If that does not succeed, the trial is not used up.
trial-now-paid = The trial has begun and is being opened. It is there within minutes; you get a message.
trial-now-refunded = It could not be opened, so the trial has ended. It is not used up: you can start it again on the page of the product.
trial-own = This is your own product. Your test addresses show how it is opened.
trial-price = Free trial
trial-quantities = Chosen
trial-role = Your role does not buy. Ask a colleague who does to start the trial.
trial-start = Start the trial
trial-title = Try for free
trial-until = Until
trial-until-hint = counted from its opening
trial-unverified = Trials, like purchases, need real-name verification of your account.
trials-at-once = Holds at once, without review. Trials that have begun go on.
trials-editions = Editions with a trial
trials-for = Offered to
trials-for-everybody = Everybody who may buy it
trials-for-hint-everybody = Each account once for each edition. Lists and the search say that there is a trial.
trials-for-hint-listed = Others see why they cannot start it. Lists and the search do not speak of it.
trials-for-listed = The accounts on a list
trials-lead = Who may try this product for nothing.
trials-list = Accounts that may try it
trials-list-empty = No account is on the list yet.
trials-list-text = While the trial is offered to a list, only these accounts can start it. They are told by message when you add them.
trials-none = No edition on sale has a trial. Write its days into the edition and submit it; the trial holds when it is approved.
trials-none-go = To the editions
trials-title = Trials
trials-who = See who tries it
