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
buyer-home-ending = Ends soon
buyer-home-look = Look
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
site-home-first-due = First due
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
policy-holds = Holds
policy-later = Later
policy-past = Past
policy-read = Read
policy-rules = Rules
policy-version = Version of the policy
policy-back = Back to the policy
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
policy-section-modes-later = Billing that comes later
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
policy-rule-catalogue-attributes-name = Attribute of the site
policy-rule-catalogue-attributes-values-name = Value of an attribute
policy-rule-catalogue-certifications-name = Certification
policy-rule-catalogue-industries-name = Industry
policy-rule-delivery-calls-pause-minutes = Minutes before a failed call is tried again
policy-rule-delivery-calls-poll-minutes = Minutes between two questions for access data
policy-rule-delivery-calls-tries = Tries of a call before it is given up
policy-rule-modes-later-on-demand = What pages say of prices by use
policy-rule-modes-later-package = What pages say of prepaid packages
policy-rule-offers-coupon-days-max = Days that a batch of coupons may last
policy-rule-offers-coupons-given-at-once-max = Coupons printed or given at once
policy-rule-offers-coupons-of-a-batch-max = Coupons in a batch
policy-rule-offers-coupons-per-order = Coupons that one order takes
policy-rule-offers-coupons-with-discounts = Coupons go together with a discount for the customer
policy-rule-offers-operator-share-min = Least share of an operator's coupon that the platform bears, in basis points
policy-rule-review-checklist-text = What reviewers check
policy-rule-search-ranking-description = Weight of a word in the description, in percent of its rarity
policy-rule-search-ranking-fresh-days = Days for which a product counts as new
policy-rule-search-ranking-freshness = Points of a product on sale since today
policy-rule-search-ranking-name = Weight of a word in the name, in percent of its rarity
policy-rule-search-ranking-rating = Points of a product with five stars
policy-rule-search-ranking-sales = Points of a product sold a thousand times
policy-rule-search-ranking-seller = Weight of a word in the seller's name, in percent of its rarity
policy-rule-search-ranking-summary = Weight of a word in the summary, in percent of its rarity
policy-rule-search-synonyms-words = Words that mean the same
policy-rule-site-name = The site's name
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
policy-rule-instances-frozen-days = Days that something expired can still be renewed
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
policy-rule-access-types-returns = Returns
policy-rule-access-types-supervision = Supervision of the delivery
policy-rule-access-types-documents = Papers that a listing needs
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
