# The overviews and the operator's boards.
insight-day = { $day } { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
    }
insight-month = { $month }/{ $year }

buyer-home-title = Overview
buyer-home-lead = Welcome, { $name }
buyer-home-find = Find software
buyer-home-wallet = Wallet
buyer-home-to-wallet = Wallet and top-up
buyer-home-this-month = Spent this month
buyer-home-in-use = In use
buyer-home-to-instances = All purchases
buyer-home-unread = Unread messages
buyer-home-to-messages = Inbox
buyer-home-needs = Needs you
buyer-home-nothing = Nothing needs you at the moment.
buyer-home-verify = Verify who you are
buyer-home-verify-why = Buying needs a verified person or company. It takes a few minutes, and the operator decides within the published time.
buyer-home-verify-do = Verify
buyer-home-unpaid = Order { $number } waits for payment:
buyer-home-unpaid-until = Kept for you until
buyer-home-pay = Pay
buyer-home-expired = Frozen
buyer-home-grace = In grace, soon frozen
buyer-home-ending = Ends soon
buyer-home-renew = Renew
buyer-home-not-renewed = Not renewed
buyer-home-agree = Agree again
buyer-need-offer =
    { $count ->
        [one] A private offer waits for your answer.
       *[other] { $count } private offers wait for your answer.
    }
buyer-need-amendment =
    { $count ->
        [one] A change to an accepted private offer waits for your answer.
       *[other] { $count } changes to accepted private offers wait for your answer.
    }
buyer-need-correction =
    { $count ->
        [one] A correction of what you used counts only if you agree.
       *[other] Corrections of what you used count only if you agree, for { $count } purchases.
    }
buyer-need-unpaid =
    { $count ->
        [one] What you used could not be paid from your wallet. What goes unpaid is frozen.
       *[other] What you used of { $count } purchases could not be paid from your wallet. What goes unpaid is frozen.
    }
buyer-need-frozen =
    { $count ->
        [one] A purchase is frozen until what you used is paid.
       *[other] { $count } purchases are frozen until what you used is paid.
    }
buyer-need-used-up =
    { $count ->
        [one] Nothing is left of a package, and it covers no further use.
       *[other] Nothing is left of { $count } packages, and they cover no further use.
    }
buyer-need-kind-offer = Private offer
buyer-need-kind-amendment = Change
buyer-need-kind-correction = Consent
buyer-need-kind-unpaid = Unpaid
buyer-need-kind-frozen = Frozen
buyer-need-kind-used-up = Used up
buyer-need-since = Since
buyer-need-until = Decide by
buyer-need-read = Read
buyer-need-decide = Decide
buyer-need-top-up = Top up
buyer-need-see = View
buyer-home-automatic = Renewed automatically
buyer-home-newest = What you own
buyer-home-since = Since
buyer-home-ended = Ended
buyer-home-ends = Ends
buyer-home-until = until
buyer-home-empty = Nothing bought yet
buyer-home-empty-how = What you buy appears here within seconds of paying.
buyer-home-discover = Discover products
buyer-home-months = What it costs, by month

seller-home-title = Overview
seller-home-lead = The last thirty days, and what there is to do
seller-home-to-products = Products
seller-home-sold = Sold
seller-home-orders = Orders
seller-home-in-use = In use by buyers
seller-home-certified = Certification
seller-home-certified-yes = Certified
seller-home-certified-no = Incomplete
seller-home-to-settings = Settings
seller-home-to-do = To do
seller-home-nothing = Nothing waits for you.
seller-home-certify = Certify your business information
seller-home-certify-why = Products can be published once your bank account and tax details are certified.
seller-home-certify-do = Continue
seller-home-first = Write your first product
seller-home-first-why = A draft is saved as you type it, and nobody sees it before it is approved.
seller-home-first-do = Begin
seller-home-rejected = Rejected
seller-home-mend = See the reasons
seller-home-draft = Draft
seller-home-go-on = Continue
seller-home-unnamed = Unnamed product
seller-home-waiting =
    { $count ->
        [one] One product waits for review.
       *[other] { $count } products wait for review.
    }
seller-task-errands =
    { $count ->
        [one] Your system could not be told one thing; restart it once your system answers.
       *[other] Your system could not be told { $count } things; restart them once your system answers.
    }
seller-task-differences =
    { $count ->
        [one] Your system says otherwise of one purchase, and telling it again did not help.
       *[other] Your system says otherwise of { $count } purchases, and telling it again did not help.
    }
seller-task-probes =
    { $count ->
        [one] Your system has failed its last probe.
       *[other] Your system has failed { $count } probes in a row.
    }
seller-task-refused =
    { $count ->
        [one] One record of use was refused; what it counts is not charged before you mend it.
       *[other] { $count } records of use were refused; what they count is not charged before you mend them.
    }
seller-task-measures =
    { $count ->
        [one] A measure was taken against one of your products; you can still appeal.
       *[other] { $count } measures were taken against your products; you can still appeal.
    }
seller-task-questions =
    { $count ->
        [one] A buyer waits for your answer about a private offer.
       *[other] Buyers wait for your answer about { $count } private offers.
    }
seller-task-missed =
    { $count ->
        [one] One instalment of a private offer was not paid in time; you can ask for it again.
       *[other] { $count } instalments of private offers were not paid in time; you can ask for them again.
    }
seller-task-reviews =
    { $count ->
        [one] One review has no answer yet.
       *[other] { $count } reviews have no answer yet.
    }
seller-task-change = The change of your company information was rejected.
seller-task-business = Business information that you handed in was rejected.
seller-task-kind-errands = Delivery
seller-task-kind-differences = Difference
seller-task-kind-probes = Probe
seller-task-kind-refused = Usage
seller-task-kind-measures = Measure
seller-task-kind-questions = Question
seller-task-kind-missed = Unpaid
seller-task-kind-reviews = Reviews
seller-task-kind-change = Rejected
seller-task-kind-business = Rejected
seller-task-since = Since
seller-task-until = The first can be appealed until
seller-task-do = Open
seller-home-revenue-days = Sold each day
seller-home-order-days = Orders each day
seller-home-best = Best selling, last thirty days
seller-home-product = Product
seller-home-best-none = Nothing sold in the last thirty days
seller-home-best-how = Orders of your products appear here as soon as they are paid.

site-home-title = Overview
site-home-lead = What waits, what must always hold, and how the site sells
site-home-queues = Waiting for you
site-home-queue = Queue
site-home-count = Waiting
site-home-first-due = First due or waiting
site-home-state = State
site-home-clear = Clear
site-home-overdue = Overdue
site-home-waits = Waiting
site-queue-verifications = Real-name verifications
site-queue-applications = Seller applications
site-queue-changes = Changes of sellers
site-queue-certifications = Business information
site-queue-revisions = Product revisions
site-queue-transfers = Transfers to confirm
site-queue-removals = Removals from sale
site-queue-appeals = Appeals against measures
site-queue-proposals = Proposed measures
site-queue-resale = Resale above the standard share
site-queue-deliveries = Deliveries given up, last seven days
site-queue-differences = Differences to sellers' systems
site-home-since = since
site-home-invariants = What must always hold
site-home-books = Ledger and escrow
site-home-holds = In order
site-home-broken = Broken
site-home-derived = { $journals } journals derived again,
site-home-lag = Outbox lag
site-home-minutes = { $count } min
site-home-seconds = { $count } s
site-home-due =
    { $count ->
        [one] One job is due
       *[other] { $count } jobs are due
    }
site-home-dead = Given up
site-home-to-jobs = Jobs
site-home-seal = Age of the last seal
site-home-seal-what = Journals are sealed in batches
site-home-sold = Sold in thirty days
site-home-orders = Orders in thirty days
site-home-revenue-days = Sold each day
site-home-order-days = Orders each day

jobs-title = Jobs
jobs-lead = What follows from events, and what was given up after its last try
jobs-due = Due now
jobs-oldest = Oldest due since
jobs-dead = Given up
jobs-given-up = Given up
jobs-event = Event
jobs-tries = Tries
jobs-error = Last error
jobs-restart = Start again
jobs-restart-why = It is tried again from the beginning. What it had already done is not done twice.
jobs-none = Nothing was given up
jobs-none-why = A job that fails is tried again with growing pauses; only what fails to the end appears here.

policy-title = Site policy
policy-lead = The rules as data: fees, windows, review times, entities, taxes. What was agreed keeps the rules of its day.
policy-publish = Publish a version
policy-publish-lead = Start from the rules that hold. Mistakes are named before anything is published.
policy-versions = Versions
policy-from = Holds from
policy-from-hint = Empty: from now on
policy-first = The beginning
policy-first-by = First start of the site
policy-published = Published
policy-by = By
policy-state = State
policy-held-back = These rules keep something from being sold that this version of the program can sell. To sell it, publish the rules without them.
policy-holds = Holds
policy-later = Later
policy-past = Past
policy-read = Read
policy-rules = Rules
policy-version = Version of the policy
policy-back = Back to the policy
policy-would-change = What it would change
policy-look = See what it changes
policy-changes = What it changed
policy-same = It says the same as the version before.
policy-file = The rules as a file
policy-if = What if
policy-if-what =
    { $count ->
        [one] The one line sold in the last thirty days, worth
       *[other] The { $count } lines sold in the last thirty days, worth
    }
policy-if-fee = Commission in basis points
policy-if-own-fee = As it was
policy-if-hours = Return window in hours
policy-if-try = Try
policy-if-commission = Commission
policy-if-as-it-was = Under the rules of each order
policy-if-instead = Under these values
policy-if-returned = Returned
policy-if-returns =
    { $count ->
        [one] One return
       *[other] { $count } returns
    }

announcements-title = Announcements
announcements-lead = Everybody can read them, in both languages, for as many days as you say
announcements-read = As readers see them
announcements-new = New announcement
announcements-all = All of the last year
announcements-what = Title
announcements-from = From
announcements-until = Until
announcements-state = State
announcements-shown = Shown
announcements-over = Over
announcements-end = End now
announcements-none = Nothing announced yet
announcements-none-how = Planned maintenance, new rules and holidays are what people like to know in time.
announcements-title-en = Title in English
announcements-title-zh = Title in Chinese
announcements-text-en = Text in English
announcements-text-zh = Text in Chinese
announcements-days = Days
announcements-do = Announce
announcements-quiet = No announcements at the moment
announcements-quiet-why = News about the site appears here.
announcements-home = To the storefront

done-job-restarted = The job starts again
done-policy-published = The version is published
done-announced = Announced
done-announcement-ended = The announcement has ended

jobs-as-stored = As it is stored

event-account-locked = Sign-in was blocked after wrong tries
event-business-information-decided = Business information was decided
event-business-information-submitted = Business information was handed in
event-delivered = A delivery succeeded
event-delivery-due = A delivery is to be tried
event-delivery-failed = A delivery was given up
event-instance-expired = What was bought has ended
event-instance-expiry-due = What was bought reaches its end
event-instance-release-due = What was bought is to be released
event-instance-released = What was bought was released
event-message-queued = A message waits to be sent
event-order-cancelled = An order was cancelled
event-order-paid = An order was paid
event-order-payment-due = The time to pay an order is over
event-password-changed = A password was changed
event-password-reset-requested = A link for a new password was asked for
event-refund-paid = Money was returned
event-revision-decided = A product's review was decided
event-revision-submitted = A product was submitted for review
event-seller-application-decided = A seller's application was decided
event-seller-applied = A seller applied
event-seller-change-decided = A seller's change was decided
event-seller-change-submitted = A seller asked to change its details
event-top-up-decided = A transfer was confirmed or refused
event-top-up-declared = A transfer was announced
event-totp-disabled = Two-step sign-in was switched off
event-user-invited = A user was invited
event-verification-decided = Real-name verification was decided
event-verification-submitted = Real-name verification was handed in

thing-cpb = Batch of coupons
thing-cpn = Coupon
thing-dsc = Discount
thing-flr = Floor of the first page
thing-imp = Import
thing-mea = Measure
thing-rmv = Taking off sale
thing-rsl = Resale authorisation
thing-sat = Attribute
thing-acc = Account
thing-aky = Access key
thing-ann = Announcement
thing-bci = Business information
thing-dlv = Delivery
thing-doc = Document
thing-ins = Purchase
thing-job = Job
thing-lic = Licence
thing-msg = Message
thing-oln = Order line
thing-ord = Order
thing-pcl = Call
thing-pcs = Case
thing-pol = Policy version
thing-pra = Address of a system
thing-prd = Product
thing-quo = Quote
thing-rev = Revision
thing-rfd = Refund
thing-sap = Seller's application
thing-sch = Seller's change
thing-ses = Session
thing-tok = Access token
thing-top = Top-up
thing-usr = User
thing-ver = Verification

policy-rule = Rule
policy-before = Before
policy-after = After
policy-not-there = not there
policy-yes = yes
policy-no = no
policy-percent = { $percent } %
policy-count =
    { $count ->
        [one] one rule
       *[other] { $count } rules
    }
policy-section-site = The site
policy-section-sign-in = Signing in
policy-section-review = Reviews
policy-section-sellers = Sellers
policy-section-contracting-entities = Contracting entities
policy-section-orders = Orders
policy-section-refunds = Refunds
policy-section-instances = What buyers own
policy-section-probing = Probing of sellers' systems
policy-section-sandbox = Sandboxes
policy-section-metering = What is used
policy-section-packages = Packages of use
policy-section-changes = Changes
policy-section-renewals = Renewals
policy-section-trials = Trials
policy-section-delivery = Delivery
policy-section-open-api = Open API
policy-section-documents = Documents
policy-section-fees = Fees
policy-section-access-types = What can be sold
policy-section-tax-classes = Tax classes
policy-section-sellable = What can be sold
policy-section-catalogue = Products
policy-section-storefront = Storefront
policy-section-offers = Coupons and discounts
policy-section-modes-later = What cannot be bought yet
policy-section-search = Search
policy-key-license = Licensed software
policy-key-one-off = paid once
policy-key-period = by month or year
policy-key-saas = SaaS
policy-key-image = Machine image
policy-key-api = API
policy-key-service = Professional service
policy-key-on-demand = on demand
policy-key-package = package
policy-rule-catalogue-attributes-name = Name of an attribute that the site offers
policy-rule-catalogue-attributes-quantity-max = Most of a number
policy-rule-catalogue-attributes-quantity-min = Least of a number
policy-rule-catalogue-attributes-quantity-step = Steps of a number
policy-rule-catalogue-attributes-quantity-unit = Unit of a number
policy-rule-catalogue-attributes-quantity-unit-one = Unit after the number one, in English
policy-rule-catalogue-attributes-values-name = Name of one of its values
policy-rule-catalogue-certifications-name = Name of a mark
policy-rule-catalogue-industries-name = Name of an industry
policy-rule-delivery-calls-pause-minutes = Minutes between such tries
policy-rule-delivery-calls-poll-minutes = Minutes between questions whether an instance is ready
policy-rule-delivery-calls-secret-overlap-hours = Hours for which two secrets of an address both sign
policy-rule-delivery-calls-tries = Tries of a request to a seller's system
policy-rule-modes-later-on-demand = What is said of products that are paid on demand
policy-rule-modes-later-package = What is said of packages
policy-rule-offers-coupon-days-max = Longest time of a batch of coupons, in days
policy-rule-offers-coupons-given-at-once-max = Most coupons given or printed at once
policy-rule-offers-coupons-of-a-batch-max = Most coupons of a batch
policy-rule-offers-coupons-per-order = Coupons that one order takes
policy-rule-offers-coupons-with-discounts = Whether coupons go together with a discount of the seller
policy-rule-offers-operator-share-min = Least share of its own coupons' cost that the platform bears
policy-rule-offers-resale-types = Access types that may be resold
policy-rule-review-checklist-text = What a reviewer has to answer
policy-rule-search-ranking-description = Weight of a word in the description
policy-rule-search-ranking-fresh-days = Days until those points are gone
policy-rule-search-ranking-freshness = Points for being new
policy-rule-search-ranking-name = Weight of a word in a product's name
policy-rule-search-ranking-rating = Points for ratings
policy-rule-search-ranking-sales = Points for sales
policy-rule-search-ranking-seller = Weight of a word in the seller's name
policy-rule-search-ranking-summary = Weight of a word in summary, category or edition
policy-rule-search-synonyms-words = Words that mean the same
policy-rule-site-name = The site's name
policy-rule-site-tax-name = What the tax on prices is called
policy-rule-site-zone = Time zone of the site
policy-rule-site-currencies = Currencies
policy-rule-site-holidays = Days on which reviews do not advance
policy-rule-site-extra-workdays = Weekend days on which reviews advance
policy-rule-sign-in-failures-before-lock = Wrong tries from one address that pause signing in
policy-rule-sign-in-lock-minutes = Minutes that the pause lasts
policy-rule-sign-in-failures-before-delay = Wrong tries from anywhere after which each one waits longer
policy-rule-sign-in-delay-seconds-max = The longest such wait in seconds
policy-rule-sign-in-session-hours = Hours that a session lasts
policy-rule-sign-in-reset-minutes = Minutes that a link for a new password is good
policy-rule-sign-in-invitation-hours = Hours that an invitation is good
policy-rule-sign-in-password-length-min = Shortest password
policy-rule-review-verification-days = Working days to decide on a verification
policy-rule-review-seller-days = Working days to decide on a seller's application
policy-rule-review-seller-change-days = Working days to decide on a seller's change
policy-rule-review-business-information-days = Working days to decide on business information
policy-rule-review-product-days = Working days to decide on a product
policy-rule-review-removal-days = Working days to decide on taking something off sale
policy-rule-review-appeal-days = Working days to decide on a seller's appeal
policy-rule-review-appeal-window-days = Working days in which a seller may appeal a measure
policy-rule-review-claim-minutes = Minutes for which a reviewer keeps a case
policy-rule-review-many-from = Submissions of one seller on one day from which reviews may take longer
policy-rule-review-many-days = Working days that such a review may take longer
policy-rule-review-second-reviewer-from-minor = Price from which two reviewers approve, in the smallest unit
policy-rule-review-second-reviewer-from-currency = Currency of that price
policy-rule-review-second-reviewer-types = Access types that two reviewers approve
policy-rule-review-checklist-code = Code of a point on the checklist
policy-rule-review-checklist-access-types = Access types that it holds for
policy-rule-review-checks-outside-hosts = Hosts that listings may not lead to
policy-rule-review-checks-outside-words = Words that listings may not use
policy-rule-review-checks-same-text-warn-percent = Per cent of the same text that a check points out
policy-rule-review-checks-same-text-fail-percent = Per cent of the same text that a check objects to
policy-rule-review-checks-same-picture-bits = Differences up to which two pictures count as the same
policy-rule-review-checks-blank-percent = Per cent of one colour from which a picture counts as blank
policy-rule-review-checks-logo-side-min = Shortest side of a logo, in pixels
policy-rule-review-checks-screenshot-side-min = Shortest side of a screenshot, in pixels
policy-rule-catalogue-drafts-max = Most products of an account that were never on sale
policy-rule-sellers-mandatory = What an applicant cannot leave out
policy-rule-sellers-business-years-min = Least years in business
policy-rule-sellers-employees-min = Least employees
policy-rule-sellers-registered-capital-min = Least registered capital, in ten thousands
policy-rule-sellers-sub-users-max = Most users of an account
policy-rule-sellers-business-information-failures-max = Failed certifications in a row that block further ones
policy-rule-sellers-agreement-version = Version of the seller agreement
policy-rule-sellers-agreement-title = Title of the seller agreement
policy-rule-sellers-agreement-text = Text of the seller agreement
policy-rule-contracting-entities-code = Code of the contracting entity
policy-rule-contracting-entities-name = Name of the contracting entity
policy-rule-contracting-entities-regions = Regions that it serves
policy-rule-contracting-entities-currency = Its currency
policy-rule-contracting-entities-bank-name = Its bank
policy-rule-contracting-entities-bank-account = Account for transfers
policy-rule-orders-quote-minutes = Minutes for which a quoted price is kept
policy-rule-orders-payment-hours = Hours after which an unpaid order is cancelled
policy-rule-refunds-no-reason-hours = Hours in which a return needs no reason
policy-rule-refunds-no-reason-per-year = Returns without a reason in a calendar year
policy-rule-instances-grace-days = Days that something can still be used after its term
policy-rule-instances-frozen-days = Days that something is kept frozen after that, and can still be renewed
policy-rule-metering-hour-lag-minutes = Minutes after an hour until its use is charged
policy-rule-metering-day-lag-minutes = Minutes after a day until its use is charged
policy-rule-metering-late-days = Days after which a record of use is too old
policy-rule-metering-needs-balance = Whether use needs money in the wallet
policy-rule-metering-grace-hours = Hours from the first unpaid charge to the freezing
policy-rule-metering-frozen-days = Days after which what is frozen for unpaid use is released
policy-rule-metering-correct-days = Days after which a record of use cannot be corrected any more
policy-rule-metering-correct-up-percent = Percent by which a correction may raise a record without consent
policy-rule-metering-correct-up-amount = What corrections may add without consent, in major units
policy-rule-metering-consent-days = Days to agree to a correction
policy-rule-packages-notice-days = Days before the end of a package on which its buyer is told
policy-rule-packages-notice-hour = Hour of the day at which its buyer is told
policy-rule-packages-retry-hours = Hours between two tries to buy a package again
policy-rule-packages-tries = Tries to buy a package again
policy-rule-packages-again-hours = Hours from one automatic purchase of a package to the next
policy-rule-packages-freeze-used-up = Whether a seller's system is told of a package that is used up
policy-rule-packages-returned-unused = Whether a package of which nothing was used can be returned without a reason, if what goes beyond it is charged
policy-rule-changes-expansion-at-range-reached = More of the same is paid at the unit price of the range that it reaches
policy-rule-changes-renewal-days = Days before the end from which on it can be renewed with another specification
policy-rule-changes-check-minutes = Minutes for which it counts that a seller's system has agreed to another specification
policy-rule-changes-check-wait-minutes = Minutes after which a seller's system that was asked and says nothing has not answered
policy-rule-changes-checks-per-hour = How often in an hour a seller's system is asked for one instance
policy-rule-probing-on = Whether sellers' systems are probed
policy-rule-probing-hours = Hours of the day at which they are probed
policy-rule-probing-freeze-days = Days of failure in a row from which freezing is proposed
policy-rule-probing-failed-orders = Failed orders of a product in a month above which delisting is proposed
policy-rule-probing-compares = Whether instances are compared with sellers' systems each night
policy-rule-probing-compares-at = Hour of the night at which they are compared
policy-rule-sandbox-enabled = Whether sellers can start sandboxes
policy-rule-sandbox-most-at-once = Sandboxes that run at once
policy-rule-sandbox-idle-minutes = Minutes after which an unused sandbox ends
policy-rule-sandbox-hours-max = Hours after which a sandbox ends in any case
policy-rule-sandbox-turn-days-max = Days by which a sandbox's clock is turned at once
policy-rule-sandbox-turn-seconds-max = Seconds that one turn may take
policy-rule-sandbox-turn-jobs-max = Jobs that one turn may run
policy-rule-sandbox-megabytes-max = Largest database of a sandbox in MB
policy-rule-renewals-notice-days = Days before the end on which buyers are told
policy-rule-renewals-notice-hour = Hour of the day at which they are told
policy-rule-renewals-automatic-days = Days before the end from which it is renewed automatically
policy-rule-renewals-automatic-hour = Hour of the day at which it is renewed automatically
policy-rule-renewals-removed = What was taken off sale can be renewed
policy-rule-renewals-frozen = What the operator has frozen can be renewed
policy-rule-renewals-returned-when-begun = A renewal whose term has begun can be given back
policy-rule-trials-days-min = Fewest days of a trial
policy-rule-trials-days-max = Most days of a trial
policy-rule-trials-reminder-days = Days before its end on which the buyer is reminded
policy-rule-trials-reminder-hour = At which hour of the day
policy-rule-trials-frozen-days = Days that an ended trial can still be bought as it is
policy-rule-delivery-retry-minutes = Minutes between tries of a failed delivery
policy-rule-open-api-clock-skew-seconds = Seconds that a signed request may be old or early
policy-rule-open-api-test-codes-max = Most test codes of a seller
policy-rule-documents-account-megabytes-max = Megabytes that an account may hand in
policy-rule-fees = The site's share of a sale
policy-rule-tax-classes-code = Code of the tax class
policy-rule-tax-classes-name = Name of the tax class
policy-rule-tax-classes-basis-points = Tax rate
policy-rule-sellable-access-type = Access type that can be sold
policy-rule-sellable-billing-mode = Billing mode that can be sold
policy-rule-sellable-tax-class = Taxed as
policy-rule-catalogue-description-length-min = Shortest description of a product, in characters
policy-rule-catalogue-agreement-bytes-max = Largest service agreement, in bytes
policy-rule-catalogue-agreement-endings = Kinds of files for service agreements
policy-rule-catalogue-forbidden-words = Words that names must not contain
policy-rule-catalogue-categories-code = Code of a first category
policy-rule-catalogue-categories-name = Name of a first category
policy-rule-storefront-recommendations-hours = Hours after which recommendations are made anew
policy-rule-storefront-recently-viewed-max = Recently viewed products that are kept
policy-rule-storefront-favourites-max = Favourites that a user may mark
policy-rule-access-types-name = Name of the access type
policy-rule-access-types-modes = Billing mode, and how it is taxed
policy-rule-access-types-fee-basis-points = The site's share of a sale
policy-rule-access-types-grace-days = Days that it can still be used after its term
policy-rule-access-types-returns = Returns
policy-rule-access-types-supervision = Supervision of the delivery
policy-rule-access-types-documents = Papers that a listing needs
policy-rule-access-types-cases = Cases that have to pass at the seller's system before a listing is submitted
policy-rule-access-types-sold-later = What is said while it cannot be bought
policy-rule-catalogue-qualifications-name = Name of a paper
policy-rule-catalogue-qualifications-hint = What the paper has to be
policy-key-no-reason = without a reason
policy-key-never = never
policy-key-always = always
policy-key-choice = the seller chooses
policy-key-software = software
policy-key-hardware = hardware
policy-key-container = Container application
policy-key-agent = AI agent
policy-key-ai-asset = AI model or algorithm
policy-key-dataset = Data set
policy-key-user-guide = user guide
policy-key-software-copyright = software copyright
policy-key-create = create an instance
policy-key-describe = query an instance
policy-key-renew = renew
policy-key-return-renewal = give a renewal back
policy-key-buy-trial = buy what was tried
policy-key-check-change = check a change
policy-key-change = change
policy-key-freeze = freeze
policy-key-unfreeze = unfreeze
policy-key-expire = let the term end
policy-key-release = release
policy-key-notify = order notification
policy-rule-sign-in-confirm-addresses = Whether a new customer confirms the mail address first
policy-why-sign-in-confirm-addresses = A letter leads to the choice of a password, so that nobody learns whose address has an account here.
policy-why-review-checklist-text = It stands beside each revision under review and is answered before an approval.
policy-why-offers-coupons-per-order = A batch may allow fewer, never more.
policy-why-offers-coupons-with-discounts = A batch may refuse it even where the site allows it.
policy-why-offers-coupon-days-max = Coupons that were not used by then are worth nothing.
policy-why-offers-coupons-of-a-batch-max = Whoever needs more makes another batch.
policy-why-offers-coupons-given-at-once-max = The rest is given in further steps, so that no step takes long.
policy-why-offers-operator-share-min = In basis points: 10000 is all of it; less needs the agreement of the sellers.
policy-rule-offers-private-offer-days-max = Longest time for which a private offer can be accepted, in days
policy-why-offers-private-offer-days-max = Until then the seller keeps its prices, whatever the list says.
policy-rule-offers-private-offer-reminder-days = Days before its end on which both sides are reminded of a private offer
policy-why-offers-private-offer-reminder-days = Only while it waits for an answer.
policy-rule-offers-instalment-days-max = Longest time until the last instalment, in days
policy-rule-offers-instalment-retry-hours = Hours between two tries to charge a wallet for an instalment
policy-why-offers-instalment-retry-hours = While its order waits for the money; the buyer can pay it sooner.
policy-why-delivery-calls-tries = After the last one it is laid aside, and its seller can start it again.
policy-why-delivery-calls-pause-minutes = A system that is down is left alone meanwhile.
policy-why-delivery-calls-poll-minutes = For systems that take their time to open what was bought.
policy-why-modes-later-on-demand = It stands on their pages until they can be bought.
policy-why-modes-later-package = It stands on their pages until they can be bought.
policy-why-catalogue-attributes-name = Sellers choose it for their editions.
policy-why-catalogue-attributes-values-name = It is what sellers choose, and stands among the filters of the search.
policy-why-catalogue-industries-name = A seller names those for which a product is made.
policy-why-catalogue-certifications-name = A product carries it once its certificate was reviewed.
policy-why-search-ranking-name = In hundredths of how rare the word is.
policy-why-search-ranking-seller = In hundredths of how rare the word is.
policy-why-search-ranking-summary = In hundredths of how rare the word is.
policy-why-search-ranking-description = In hundredths of how rare the word is.
policy-why-search-ranking-sales = The most that a product can get by them; what was returned does not count.
policy-why-search-ranking-rating = What a product of five stars gets; one that nobody has rated stands as one of three.
policy-why-search-ranking-freshness = What a product gets on its first day; they melt away day by day.
policy-why-search-ranking-fresh-days = From then on words, sales and ratings alone decide.
policy-why-search-synonyms-words = Whoever types one of them finds the others too.
policy-section-reviews = Buyers' reviews
policy-rule-reviews-text-min = Fewest characters of a review
policy-rule-reviews-text-max = Most characters of a review
policy-rule-reviews-title-max = Most characters of its title
policy-rule-reviews-answer-max = Most characters of a seller's answer
policy-rule-reviews-per-day = Reviews that an account may write or change in 24 hours
policy-rule-reviews-edits-max = How often a review may be changed
policy-rule-reviews-reports-per-day = Reviews that an account may report in 24 hours
policy-rule-reviews-returned-after-hours = Hours after which what was given back can still be reviewed
policy-rule-reviews-names = Under which name reviews stand
policy-rule-reviews-report-days = Working days to decide on a report
policy-rule-reviews-appeal-window-days = Working days in which an author may appeal
policy-rule-reviews-appeal-days = Working days to decide on such an appeal
policy-rule-search-ranking-rating-prior-reviews = Reviews that each product's own are taken together with
policy-rule-search-ranking-rating-prior-hundredths = Stars of those, in hundredths
policy-why-search-ranking-rating-prior-reviews = The more there are, the more reviews a product needs to stand high.
site-queue-reports = Reported reviews
policy-rule-access-types-fields-name = Name of a field of the access type
policy-rule-access-types-fields-kind = What the field takes
policy-rule-access-types-fields-mandatory = Whether a listing has to fill it in
policy-rule-access-types-fields-unit = Unit of the number
policy-rule-access-types-fields-choices-name = Name of a choice
policy-rule-catalogue-billing-factors-name = Name of something that prices of use count
policy-rule-catalogue-billing-factors-unit = Its unit
policy-rule-catalogue-billing-factors-unit-one = The English unit after the number one
