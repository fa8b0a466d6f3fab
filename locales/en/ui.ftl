# What every page shares: the shell, the components.
ui-account = Account
ui-actions = Actions
ui-address-unknown = Unknown
ui-api = API
ui-cancel = Cancel
ui-chart-highest = Highest:
ui-chart-lowest = Lowest:
ui-chart-table = Show as a table
ui-copied = Copied
ui-copy = Copy
ui-csv = Download CSV
ui-csv-more = Only the first { $count } rows are in this file. Narrow the list, or read the rest by the API.
ui-description = { $site } is a marketplace for software: find it, buy it, use it within minutes, and understand every bill.
ui-drop = or drop it here
ui-filter = Filter
ui-foot = { $site } runs on Kontor, the open trading post for software.
ui-foot-nav = More
ui-go = Go to
ui-go-hint = A page or a product…
ui-language = Language
ui-menu = Menu
ui-newest = First page
ui-older = Next page
ui-optional = (optional)
ui-pages = pages
ui-places = Places
ui-preferences = Language, appearance and time zone
ui-problems =
    { $count ->
        [one] One thing needs your attention
       *[other] { $count } things need your attention
    }
ui-search = Search products
ui-search-hint = Search products
ui-sections = Sections
ui-sell = Become a seller
ui-show = Show
ui-sign-in = Sign in
ui-sign-out = Sign out
ui-sign-up = Sign up
ui-skip = Skip to content
ui-step-done = (done)
ui-steps = Steps
ui-store = Storefront
ui-theme = Appearance
ui-theme-auto = Device
ui-theme-light = Light
ui-theme-dark = Dark
ui-upload-progress = Upload

place-store = Storefront
place-console = Console
place-seller = Sell
place-operator = Operate

nav-store-home = Discover
nav-store-search = All products
nav-store-compare = Compare
nav-store-help = Help

nav-console-home = Overview
nav-console-instances = Purchased
nav-console-orders = Orders
nav-console-packages = Packages
nav-console-favourites = Favourites
nav-console-catalogue = Private catalogue
nav-console-coupons = Coupons
nav-console-private-offers = Private offers
nav-console-wallet = Wallet
nav-console-messages = Messages
nav-console-verification = Verification
nav-console-team = Team
nav-console-keys = API keys
nav-console-security = Security

nav-seller-home = Overview
nav-seller-onboarding = Becoming a seller
nav-seller-products = Products
nav-seller-orders = Orders
nav-seller-coupons = Coupons
nav-seller-private-offers = Private offers
nav-seller-customers = Customers
nav-seller-licences = Licences
nav-seller-usage = Usage
nav-seller-debugger = Debugger
nav-seller-production = Your system
nav-seller-settings = Settings

nav-operator-home = Overview
nav-operator-storefront = Storefront
nav-operator-products = Product reviews
nav-operator-sellers = Seller reviews
nav-operator-verifications = Verifications
nav-operator-accounts = Accounts
nav-operator-orders = Orders
nav-operator-refunds = Refunds
nav-operator-transfers = Transfers
nav-operator-search = Search order
nav-operator-coupons = Coupons
nav-operator-announcements = Announcements
nav-operator-policy = Policy
nav-operator-jobs = Jobs
nav-operator-audit = Audit log
nav-operator-staff = Staff

trouble-fault = Something went wrong on our side
trouble-forbidden = Not allowed
trouble-home = To the storefront
trouble-missing = Nothing here
trouble-often = Too many requests
trouble-refused = That did not work
nav-console-reviews = My reviews
nav-seller-reviews = Reviews
nav-operator-reported-reviews = Reported reviews
ui-zone = Time zone
ui-zone-device = Device
ui-zone-use = Use
