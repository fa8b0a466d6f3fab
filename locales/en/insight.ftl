# The overviews and the operator's boards.
insight-day = { $month }/{ $day }
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
buyer-home-expired = frozen
buyer-home-ending = ends soon
buyer-home-look = Look
buyer-home-newest = What you own
buyer-home-since = Since
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
seller-home-certified-yes = certified
seller-home-certified-no = incomplete
seller-home-to-settings = Settings
seller-home-to-do = To do
seller-home-nothing = Nothing waits for you.
seller-home-certify = Certify your business information
seller-home-certify-why = Products can be published once your bank account and tax details are certified.
seller-home-certify-do = Continue
seller-home-first = Write your first product
seller-home-first-why = A draft is saved as you type it, and nobody sees it before it is approved.
seller-home-first-do = Begin
seller-home-rejected = rejected
seller-home-mend = See the reasons
seller-home-draft = draft
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
site-home-clear = clear
site-home-overdue = overdue
site-home-waits = waiting
site-queue-verifications = Real-name verifications
site-queue-applications = Seller applications
site-queue-changes = Changes of sellers
site-queue-certifications = Business information
site-queue-revisions = Product revisions
site-queue-transfers = Transfers to confirm
site-home-invariants = What must always hold
site-home-books = Ledger and escrow
site-home-holds = in order
site-home-broken = broken
site-home-derived = { $journals } journals derived again,
site-home-lag = Outbox lag
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
policy-first = the beginning
policy-published = Published
policy-by = By
policy-state = State
policy-holds = holds
policy-later = later
policy-past = past
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
policy-if-instead = under these values
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
announcements-shown = shown
announcements-over = over
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
