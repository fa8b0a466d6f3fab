# The storefront: discovering, comparing, product and seller pages, help.
storefront-about = About this product
storefront-add = Add
storefront-agreement = Service agreement
storefront-all = All products
storefront-any = Any
storefront-at-once = Delivered at once
storefront-attribute = Attribute
storefront-billing = Billing
storefront-buy = Choose and buy
storefront-buy-hint = You see everything once more before anything is paid.
storefront-buy-now = Go to checkout
storefront-by = Sold by
storefront-categories = Categories
storefront-category = Category
storefront-choices = What you choose
storefront-choose = Choose and buy
storefront-choose-edition = Choose
storefront-comma = {", "}
storefront-compare = Compare
storefront-compare-add = Another product
storefront-compare-chosen = Compare the ticked ones
storefront-compare-empty = Nothing to compare yet
storefront-compare-empty-text = Tick products in the list and compare up to four of them side by side.
storefront-compare-hint = Tick up to four products to see them side by side.
storefront-compare-lead = Up to four products side by side: price, editions, delivery and support.
storefront-compare-this = Compare with others
storefront-compare-title = Compare products
storefront-compute = Update the price
storefront-count =
    { $count ->
        [one] One product
       *[other] { $count } products
    }
storefront-coupons = Coupons
storefront-coupons-get = Get a coupon
storefront-days =
    { $count ->
        [one] one day
       *[other] { $count } days
    }
storefront-delivery = Delivery
storefront-delivery-days =
    { $days ->
        [one] Within one day
       *[other] Within { $days } days
    }
storefront-editions = Editions
storefront-explained = How this price comes about
storefront-facts = In short
storefront-for-ever = paid once, yours to keep
storefront-for-term = for { $term }
storefront-free = Free
storefront-from = from { $price }
storefront-grace =
    { $count ->
        [one] After the term it can still be used for a day, but for no longer than was paid for; renewed by then, it goes on from the old end.
       *[other] After the term it can still be used for { $count } days, but for no longer than was paid for; renewed by then, it goes on from the old end.
    }
storefront-hero = Software you can buy and use today
storefront-hero-lead = Compare editions side by side, see how every price is made up, and hold your licence code within minutes.
storefront-hours =
    { $count ->
        [one] one hour
       *[other] { $count } hours
    }
storefront-listed = On sale since
storefront-mode-one-off = Paid once
storefront-mode-on-demand = By usage
storefront-mode-package = Prepaid package
storefront-mode-period = By month or year
storefront-months =
    { $count ->
        [one] 1 month
       *[other] { $count } months
    }
storefront-need-at-once = Start today
storefront-need-monthly = Pay as you go
storefront-need-once = Buy once, keep it
storefront-need-small = Try it on a small budget
storefront-need-text-at-once = Delivered at once: the code is there as soon as you have paid.
storefront-need-text-monthly = By the month or the year, for as long as you need it.
storefront-need-text-once = One price, no renewal.
storefront-need-text-small = A smallest edition that you can decide on by yourself.
storefront-needs = What do you need?
storefront-next = Next
storefront-later = Not on sale yet
storefront-not-sold = This combination is not offered. Choose another one.
storefront-nothing = Nothing fits
storefront-nothing-text = Use fewer words, or take a filter away.
storefront-off-step = { $name }: start at { $min } and go up in steps of { $step }.
storefront-out-of-range = { $name }: choose from { $min } to { $max }.
storefront-page = Page { $page } of { $pages }
storefront-previous = Previous
storefront-percent = { $percent } %
storefront-price = Price
storefront-price-above = { $from } and more
storefront-price-below = Below { $to }
storefront-price-between = { $from } to { $to }
storefront-promise-escrow = Your money is held safe
storefront-promise-escrow-text = What you pay waits in escrow and reaches the seller after delivery.
storefront-promise-price = Prices explain themselves
storefront-promise-price-text = Every quote shows line by line how it is computed, before you pay.
storefront-promise-return = Not for you? Return it
storefront-promise-return-text = Within { $window } of activation you get your money back without giving a reason.
storefront-promises = What you can rely on
storefront-range = { $min } to { $max } { $unit }
storefront-range-steps = { $min } to { $max } { $unit }, in steps of { $step }
storefront-remove = Remove
storefront-results = Results
storefront-results-for = Results for “{ $words }”
storefront-reviews = Reviews
storefront-reviews-none = No reviews yet. Those who have bought this product will be able to write the first one.
storefront-screenshot = Screenshot { $number } of { $name }
storefront-screenshots = Screenshots
storefront-search = Search
storefront-search-hint = Log search, backup, invoicing…
storefront-see-all = See all
storefront-sell = Become a seller
storefront-sell-apply = Apply
storefront-sell-apply-text =
    { $days ->
        [one] Tell us about your company and hand in its licence. We answer within one working day.
       *[other] Tell us about your company and hand in its licence. We answer within { $days } working days.
    }
storefront-sell-bank = A bank account in the company's name, for payouts
storefront-sell-capital = Registered capital of at least { $currency } { $amount }
storefront-sell-certify = Certify your business information
storefront-sell-certify-text =
    { $days ->
        [one] Bank account and tax details, checked within one working day.
       *[other] Bank account and tax details, checked within { $days } working days.
    }
storefront-sell-employees = At least { $count } employees
storefront-sell-fees = What it costs
storefront-sell-fees-none = No entry fee, no monthly fee. You pay when you sell.
storefront-sell-fees-text = We keep a share of what buyers pay:
storefront-sell-lead = Reach buyers who want to use your software today. We take care of payment, delivery of codes, refunds and the books.
storefront-sell-licence = A business licence
storefront-sell-list = Publish your first product
storefront-sell-list-text =
    { $days ->
        [one] Editions, prices and pictures in one editor, with a preview. We review it within one working day.
       *[other] Editions, prices and pictures in one editor, with a preview. We review it within { $days } working days.
    }
storefront-sell-more = More about selling
storefront-sell-needs = What you need
storefront-sell-paid = Sell
storefront-sell-paid-text = Orders are paid before you deliver. Codes go out by themselves, and every movement of money is in your books.
storefront-sell-start = Apply now
storefront-sell-text = List your software, keep your prices, and let us handle payment, codes and refunds.
storefront-sell-title = Sell here
storefront-sell-way = From here to your first sale
storefront-sell-years =
    { $count ->
        [one] At least one year in business
       *[other] At least { $count } years in business
    }
storefront-seller = Seller
storefront-seller-contact = Contact
storefront-seller-empty = Nothing on sale at the moment
storefront-seller-empty-text = This seller has no product on sale. Others may have what you need.
storefront-seller-products = Products
storefront-shelf-empty = The shelves are empty
storefront-shelf-empty-text = No product is on sale yet. The first seller can change that.
storefront-since = On the market since
storefront-sort = Sort by
storefront-sort-fitting = Best match
storefront-sort-newest = Newest
storefront-sort-price = Price, low to high
storefront-sort-price-down = Price, high to low
storefront-sort-sales = Best selling
storefront-support = Support
storefront-support-content = Covers
storefront-support-email = Mail
storefront-support-hotline = Phone
storefront-support-hours = Hours
storefront-term = For how long
storefront-term-saving = { $term }, save { $percent } %
storefront-try = Try it for { $window }
storefront-try-more = How returns work
storefront-try-text = Return it within { $window } of activation, without a reason, and get your money back. Up to { $count } times a year.
storefront-version = Version
storefront-website = Website
storefront-what = What it does
storefront-years =
    { $count ->
        [one] 1 year
       *[other] { $count } years
    }

help-title = Help
help-lead = Short answers on buying, selling and the open API.
help-topic-buying = Buying software
help-about-buying = Finding, comparing, choosing an edition, checking out.
help-head-buying-1 = Find it
help-text-buying-1 = Press / on any page and type: English, Chinese, pinyin or its initials. Names, sellers and descriptions are searched in both languages, and a slip of the finger is forgiven. Filters narrow the list, each with how many products it leaves.
help-head-buying-2 = Compare
help-text-buying-2 = Tick products in the list, or follow “Compare with others” on a product's page. Up to four stand side by side.
help-head-buying-3 = Choose an edition
help-text-buying-3 = On the product's page, pick an edition, its attributes, how many you need and for how long. The price follows as you choose, and each line says how it was computed.
help-head-buying-4 = Check out
help-text-buying-4 = At checkout you see how the price is made up, and what you accept there is what you pay. You accept the service agreement, pay from your wallet or pay later, and find what you bought under “Purchased”.
help-topic-paying = Paying
help-about-paying = The wallet, topping up, paying later.
help-head-paying-1 = The wallet
help-text-paying-1 = You pay from your account's wallet. Its page lists every movement with the order or refund it belongs to.
help-head-paying-2 = Topping up
help-text-paying-2 = Start a top-up in the wallet and transfer the amount with the reference shown there. The balance rises as soon as the transfer is confirmed.
help-head-paying-3 = Paying later
help-text-paying-3 = You can place an order without paying. It waits for payment and is cancelled by itself when its time is over. Nothing is charged then.
help-head-paying-4 = Where the money is
help-text-paying-4 = What you pay is held in escrow. It reaches the seller only after delivery, so a failed delivery is paid back in full.
help-topic-refunds = Returns and refunds
help-about-refunds = Giving something back, and when the money returns.
help-head-refunds-1 = Without a reason
help-text-refunds-1 = What you bought can be returned shortly after activation without giving a reason. The page of what you bought shows until when.
help-head-refunds-2 = See the amount first
help-text-refunds-2 = Before you confirm, you see the exact amount and how it was computed. What you see is what you get.
help-head-refunds-3 = What happens then
help-text-refunds-3 = The licence code stops working, and the money is in your wallet at once.
help-head-refunds-4 = If delivery fails
help-text-refunds-4 = When something cannot be delivered after several tries, the order is refunded by itself. You need not ask.
help-refunds-window = On this site: within { $window } of activation, up to { $count } times a calendar year.
help-topic-codes = Licence codes
help-about-codes = Where the code is, activating, machines without a network.
help-head-codes-1 = Where the code is
help-text-codes-1 = Open “Purchased” and the product. The code is hidden until you ask for it, so that nobody reads it over your shoulder.
help-head-codes-2 = Activating
help-text-codes-2 = Enter the code in the software. It registers the machine and then reports now and then that it is in use. The product's page in your console shows both.
help-head-codes-3 = Machines without a network
help-text-codes-3 = Where the seller supports it, the software gives you a request file. Hand it in on the product's page and take the licence file back to the machine.
help-head-codes-4 = When the term ends
help-text-codes-4 = The software is told when the term is over. What you bought stays visible in your console, with all its dates.
help-topic-selling = Becoming a seller
help-about-selling = Who may sell, what we ask for, how long it takes.
help-head-selling-1 = Who may sell
help-text-selling-1 = Companies with a verified account. The page “Sell here” lists what this site asks of a company.
help-head-selling-2 = Applying
help-text-selling-2 = The application is saved as you write it, so you can stop and come back. Hand in the business licence as a scan and submit. You see until when we answer.
help-head-selling-3 = Business information
help-text-selling-3 = Before the first product goes on sale, your bank account and tax details are checked for the entity you sign with.
help-head-selling-4 = Your money
help-text-selling-4 = Buyers pay into escrow. Each sale shows what the buyer paid and what our share is. All movements are in your books, to the cent.
help-topic-publishing = Publishing a product
help-about-publishing = Editions, prices, pictures, review, new versions.
help-head-publishing-1 = Write it once, in both languages
help-text-publishing-1 = The editor says beside each field what is still missing. Drafts are saved section by section and can be seen as a buyer would see them.
help-head-publishing-2 = Editions and prices
help-text-publishing-2 = An edition has one way of billing. Its attributes span the SKUs: each combination gets its price, per unit, in tiers, or fixed, with discounts for longer terms.
help-head-publishing-3 = Pictures
help-text-publishing-3 = Add a square logo and up to eight screenshots as PNG, JPEG or WebP. Show the real product: buyers compare.
help-head-publishing-4 = Review and new versions
help-text-publishing-4 = We review what you submit and answer beside the fields. A new version goes through the same review, while the present one stays on sale. Earlier orders keep their terms.
help-topic-open-api = Open API
help-about-open-api = Tokens, signed calls, delivering licences from your software.
help-head-open-api-1 = Everything has an API
help-text-open-api-1 = What these pages do can be done over JSON under /api/v1. The document in OpenAPI 3.1 is linked at the foot of every page.
help-head-open-api-2 = Tokens and keys
help-text-open-api-2 = Make access tokens and signing keys under “API keys” in your console. A secret is shown once. Keep it in a safe place.
help-head-open-api-3 = Repeating safely
help-text-open-api-3 = Send an Idempotency-Key with each change. A repeat with the same key gets the first answer, and nothing happens twice.
help-head-open-api-4 = Your software and ours
help-text-open-api-4 = Software that you sell activates codes and sends heartbeats under your signing key. The debug console in the seller's pages shows the exact request and answer.

storefront-staff = You are signed in as staff of this site. Buyers see the way to the checkout here.

storefront-picture-previous = Previous picture
storefront-picture-next = Next picture
storefront-picture-close = Close
storefront-feed = New on { $site }
storefront-feed-of = { $name }: new on { $site }
storefront-list-described = { $title } on { $site }: compare editions, see how every price is made up, buy and use it today.
storefront-also-bought = Buyers also bought
storefront-similar = Similar products
storefront-mark = Add to favourites
storefront-unmark = Remove from favourites
storefront-favourites = Favourites
storefront-favourites-lead = What you have marked, the latest first. Only you see it.
storefront-favourites-none = Nothing marked yet
storefront-favourites-none-text = Press the heart on a product and find it here again.
storefront-compare-latest = Compare the latest
storefront-gone = No longer on sale
storefront-gone-text = These cannot be bought at the moment.
storefront-recent = Recently viewed
storefront-recent-lead = The products you looked at last. Nobody else sees this.
storefront-recent-clear = Clear
storefront-recent-none = Nothing yet
storefront-recent-none-text = The products that you look at will appear here.
storefront-popular = Popular categories
storefront-follow = Follow new products with a feed reader
storefront-because = Because you looked at { $name }
storefront-by-use = Pay for what you use
storefront-usage = Try your own use
storefront-usage-lead = As if it all came in one record, in one cycle.
storefront-usage-prices = Prices
storefront-usage-sum = What this use would cost
storefront-usage-total = { $total } in all
storefront-currency = Pay in
storefront-sold-in = Sold to accounts registered in: { $regions }
storefront-sold-to-enterprise = Sold to enterprises only.
storefront-sold-to-personal = Sold to personal accounts only.
storefront-frozen = The operator has frozen the trade of this product; it cannot be bought for the time being.
storefront-left = { $count ->
    [one] One left
   *[other] { $count } left
}
storefront-limit-single = One at a time for each account: you can buy it again when it has ended.
storefront-limit-units = At most { $max } for each account.
storefront-sold-out = Sold out
storefront-sold-out-text = There is nothing left of this choice. Ask the seller when there will be more.
storefront-tax-exclusive = Prices with { $name }; the seller states them without, and it comes on top.
storefront-tax-in-total = { $amount } of it { $name }
storefront-tax-inclusive = { $name } included
storefront-currency-none = This edition has no prices in “{ $named }”. Choose one of: { $known }.
