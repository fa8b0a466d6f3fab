# Writing and reviewing listings.
done-listing-approved = Approved and on sale
done-listing-begun = Draft created
done-listing-discarded = Draft deleted
done-listing-rejected = Rejected, the seller has been told why
done-listing-saved = Draft saved
done-listing-submitted = Submitted for review
done-listing-withdrawn = Withdrawn from review

listing-mode-one-off = Paid once
listing-mode-on-demand = By usage
listing-mode-package = Prepaid package
listing-mode-period = By the day, month or year

product-state-delisted = Delisted by the operator
product-state-draft = Draft
product-state-frozen = Trade frozen
product-state-off-sale = Off sale
product-state-on-sale = On sale

revision-state-approved = Approved
revision-state-rejected = Rejected
revision-state-submitted = In review
revision-state-superseded = Replaced
revision-state-withdrawn = Withdrawn

listing-list-complete = Completeness
listing-list-edited = Last edited
listing-list-empty = No products yet
listing-list-empty-text = Write your first listing in sections, at your own pace. Drafts are saved as you type them, and nobody sees them until they are approved.
listing-list-lead = What you sell, and what you are still writing.
listing-list-product = Product
listing-list-review = Review
listing-list-since = On sale since
listing-list-state = State
listing-list-title = Products
listing-until = decision by
listing-untitled = Untitled product
listing-new = New product
listing-new-go = Create draft
listing-new-lead = Give it a name. You can change everything later.

listing-back = All products
listing-back-label = Back
listing-meter = { $met } of { $all } requirements met
listing-objections = The reviewer asks for changes
listing-open = open
listing-preview = Preview as buyer
listing-rejected = Version { $number } rejected
listing-save = Save draft
listing-save-hint = Drafts are saved exactly as typed. Nothing is published before it is approved.
listing-section-basics = Basics
listing-section-description = Description
listing-section-pictures = Pictures
listing-section-prices = Prices
listing-section-specs = Editions
listing-section-submit = Submit
listing-section-support = Support
listing-sections = Sections of the listing
listing-versions = Versions
listing-waiting = Version { $number } in review

listing-categories = Categories
listing-categories-hint = One to five. Buyers find the product under each of them.
listing-currency = Currency
listing-currency-hint = All prices of the product are in it.
listing-days = Delivery time in days
listing-days-hint = Calendar days on average, 0 if delivery is immediate.
listing-name-en = Name in English
listing-name-hint = Without price, version or praise.
listing-name-zh = Name in Chinese
listing-names = Name and summary
listing-summary-en = Summary in English
listing-summary-hint = One or two sentences for lists and search results.
listing-summary-zh = Summary in Chinese
listing-terms = Version and delivery
listing-version = Version
listing-version-hint = Such as V1.0.

listing-as-buyers-see = As buyers see it
listing-description-empty = Write on the left and save to see it here.
listing-description-en = Description in English
listing-description-hint = At least { $least } characters: what it does, for whom, and how it is used. Markdown works: **bold**, lists, tables.
listing-description-zh = Description in Chinese

listing-agreement = Service agreement
listing-agreement-file = Agreement file
listing-agreement-hint = What buyers agree to. One file of these kinds: { $kinds }, up to { $most }.
listing-agreement-other = Replace the file
listing-content-en = What support covers, in English
listing-content-hint-en = For example: installation, upgrades, faults
listing-content-hint-zh = For example: 安装、升级、故障处理
listing-content-zh = What support covers, in Chinese
listing-email = Support email
listing-email-hint = Buyers write to it.
listing-hotline = Support phone
listing-hotline-hint = For example 400-820-8820
listing-hours-en = Support hours in English
listing-hours-hint-en = For example: Monday to Friday, 9:00 to 18:00
listing-hours-hint-zh = For example: 周一至周五 9:00–18:00
listing-hours-zh = Support hours in Chinese
listing-support = How buyers get help
listing-support-lead = Shown on the product page and with every purchase.
listing-upload = Upload

listing-logo = Logo
listing-logo-file = Logo file
listing-logo-hint = Square, at least 64 pixels wide. PNG, JPEG or WebP.
listing-picture-add = Add a screenshot
listing-picture-alt = Screenshot { $number }
listing-picture-hint = PNG, JPEG or WebP. The first one stands at the top of the product page.
listing-picture-remove = Remove
listing-pictures-empty = No screenshots yet. Products with screenshots are looked at longer.
listing-screenshots = Screenshots
listing-screenshots-full = Eight screenshots are the most there can be. Remove one to add another.

listing-access-later = Can be listed now and bought later
listing-access-type = What you sell
listing-access-type-fixed = It cannot be changed once the product was listed.
listing-access-type-hint = It decides how the product is delivered, paid for and taxed, and which documents are asked for.
listing-add-enum = Add a choice
listing-add-quantity = Add a quantity
listing-add-spec = Add an edition
listing-add-value = Add a value
listing-attributes = What buyers choose
listing-attributes-lead = A choice such as the deployment size has one price for each value. A quantity such as the number of users is priced per unit.
listing-billing-mode = Billing
listing-code = Code
listing-code-hint = Programs know it by this word. It is made from the English name; changing it later makes a new item for buyers.
listing-kind-enum = Choice
listing-kind-quantity = Quantity
listing-max = At most
listing-min = At least
listing-remove-attribute = Remove
listing-remove-attribute-text = Prices that belong to it alone are lost.
listing-remove-spec = Remove edition
listing-remove-spec-text = The edition, its choices and all its prices are removed from the draft. What is on sale stays as it is until the next version is approved.
listing-remove-value = Remove value { $number }
listing-spec-number = Edition { $number }
listing-specs = Editions
listing-specs-lead = An edition is one form of the product with its own choices and prices, such as a server installation and a desktop installation.
listing-step = In steps of
listing-to-prices =
    { $count ->
        [one] Set 1 price
       *[other] Set { $count } prices
    }
listing-unit-en = Unit in English
listing-unit-en-hint = After a number: users
listing-unit-one = English unit after 1
listing-unit-one-hint = For example: user
listing-unit-zh = Unit in Chinese
listing-unit-zh-hint = For example: 用户
listing-value-code-at = Code of value { $number }
listing-value-en = In English
listing-value-en-at = Value { $number } in English
listing-value-zh = In Chinese
listing-value-zh-at = Value { $number } in Chinese

listing-base = Base price
listing-bulk = Change a column
listing-bulk-change = Change by percent
listing-bulk-column = Column
listing-bulk-filled = The column is filled in. Fill in the others, then save the draft.
listing-bulk-go = Apply and save
listing-bulk-how = What to do
listing-bulk-set = Set to
listing-bulk-value = Value
listing-discount-from = From
listing-discount-off = % off
listing-discount-percent-at = Discount { $number }: percent
listing-discount-periods-at = Discount { $number }: from how many periods
listing-discount-periods-day = days,
listing-discount-periods-month = months,
listing-discount-periods-year = years,
listing-discounts = Discounts for longer terms
listing-discounts-hint = Leave rows empty that you do not need.
listing-each = Each of { $name }
listing-each-in = { $name } { $range }, each
listing-matrix =
    { $count ->
        [one] One price in { $currency }
       *[other] Prices of { $count } combinations in { $currency }
    }
listing-matrix-hint = Enter and the arrow keys move between cells. A column copied from a spreadsheet can be pasted into any cell.
listing-matrix-refused = The marked cells are empty or no price. Nothing has been saved yet; 0 means that it is included.
listing-model-hint-linear = Number × unit price
listing-model-hint-tiered = Each range at its own unit price
listing-model-hint-volume = All units at the price of the range that is reached
listing-model-linear = Per unit
listing-model-of = { $name }: how it is priced
listing-model-tiered = Graduated
listing-model-volume = Volume
listing-no-specs = Nothing to price yet
listing-no-specs-text = Add an edition first. Its combinations appear here, ready for their prices.
listing-only-sku = The only combination
listing-own-shape = Priced in a way of its own through the API. It is kept as it is; saving the structure above gives it the shared one.
listing-periods-max = Longest term
listing-periods-max-hint = The most periods that can be bought at once, up to 120, or 366 days.
listing-shape = Price structure
listing-shape-save = Save structure
listing-shape-save-hint = The prices in the table are taken over where they fit.
listing-sku = Combination
listing-sold = Sold
listing-sold-of = { $name } is sold
listing-starts = Ranges begin at
listing-starts-hint = For example 1, 11, 51. Not used for a price per unit.
listing-term-by-day = By the day
listing-term-by-month = By the month
listing-term-by-year = By the year
listing-term-day = Daily
listing-term-month = Monthly
listing-term-once = Paid once
listing-term-sold-day = Offer it by the day
listing-term-sold-month = Offer it by the month
listing-term-sold-year = Offer it by the year
listing-term-year = Yearly
listing-to-specs = Go to editions

listing-add-system = Connect your system
listing-debug-system = Open the debugger
listing-all-met = Everything that the rules ask for is there.
listing-discard = Delete draft
listing-discard-sure = Delete this draft?
listing-discard-sure-text = It cannot be brought back.
listing-discard-text = A draft that was never submitted can be deleted.
listing-discard-title = Not needed any more?
listing-field-access-type = Access
listing-field-agreement = Service agreement
listing-field-attributes = What buyers choose
listing-field-billing-mode = Billing
listing-field-categories = Categories
listing-field-code = Code
listing-field-currency = Currency
listing-field-delivery-days = Delivery time
listing-field-description = Description
listing-field-in = { $field } ({ $lang })
listing-field-logo = Logo
listing-field-name = Name
listing-field-prices = Prices
listing-field-screenshots = Screenshots
listing-field-skus = Prices
listing-field-specs = Editions
listing-field-summary = Summary
listing-field-support = Support
listing-field-support-content = What support covers
listing-field-support-email = Support email
listing-field-support-hotline = Support phone
listing-field-support-hours = Support hours
listing-field-version = Version
listing-field-whole = The listing as a whole
listing-in-en = English
listing-in-zh = Chinese
listing-rejected-title = Version { $number } was rejected
listing-still-open =
    { $count ->
        [one] One thing is missing before you can submit.
       *[other] { $count } things are missing before you can submit.
    }
listing-submit = Submit for review
listing-submit-not-yet = Complete the list first. Each line leads to its field.
listing-submit-sure = Submit this version?
listing-submit-sure-text = It will be reviewed as it is now. You can go on editing the draft; those edits belong to the next version.
listing-submit-text =
    { $days ->
        [one] A reviewer decides within one working day. Once approved, it is on sale at once.
       *[other] A reviewer decides within { $days } working days. Once approved, it is on sale at once.
    }
listing-submit-title = Send it for review
listing-todo = Requirements
listing-under-review = In review
listing-waiting-text = The decision is due by
listing-waiting-title = Version { $number } is being reviewed
listing-withdraw = Withdraw
listing-withdraw-sure = Withdraw this version?
listing-withdraw-sure-text = The review ends without a decision. You can submit again at any time.
listing-withdraw-text = Edits that you make now belong to the next version. To change what is being reviewed, withdraw it and submit again.

listing-compared-with = Compared with version { $number }.
listing-decided-at = Decided
listing-first-version = The first version of this product.
listing-submitted-at = Submitted
listing-to-editor = To the editor
listing-version-label = Product version
listing-version-n = Version { $number }
listing-version-number = Version
listing-versions-empty = Nothing submitted yet
listing-versions-empty-text = Each version that you submit is kept here with the reviewer's answer.
listing-versions-lead = What you submitted, and what became of it.

listing-preview-back = Back
listing-preview-note = This is a preview. Buyers see it once it is approved.

listing-changes =
    { $count ->
        [0] Nothing changed
        [one] One change
       *[other] { $count } changes
    }
listing-changes-label = Changed fields
listing-column-after = New
listing-column-before = Before
listing-column-field = Field
listing-content = Content
listing-price-periods = at most { $count } at once
listing-prices-count =
    { $count ->
        [one] One price
       *[other] { $count } prices
    }
listing-not-sold = Not sold
listing-removed = Removed
listing-unchanged =
    { $count ->
        [one] One unchanged field
       *[other] { $count } unchanged fields
    }
listing-unchanged-label = Unchanged fields

listing-approve = Approve
listing-approve-hint = It is on sale at once.
listing-decide = Decision
listing-due-at = Due
listing-first = New product
listing-history = History
listing-nothing-on-sale = Nothing of this product is on sale yet.
listing-object = Say what is wrong
listing-object-to = Objection to: { $field }
listing-overdue = Overdue
listing-queue-empty = Nothing waits for review
listing-queue-empty-text = New products and versions appear here as sellers submit them.
listing-queue-lead = Products and new versions that sellers have submitted, the earliest due first.
listing-queue-seller = Seller
listing-queue-title = Product reviews
listing-reject = Reject
listing-reject-text = Say beside each field what has to change, or here what concerns the listing as a whole. The seller reads it beside the same fields.
listing-reject-title = Reject
listing-reject-way = Reject with reasons
listing-reject-whole = About the listing as a whole
listing-field-tax = Prices are stated
listing-tax-exclusive = without tax
listing-tax-hint-exclusive = The tax comes on top, as a line of its own in each price, quote and order.
listing-tax-hint-inclusive = Buyers pay what you write; each price says how much of it is tax.
listing-tax-inclusive = with tax
listing-tax-rate = { $name } for what this listing sells: { $rate }, by the rules of the site.
listing-list-all = All
listing-list-none = No product in this state
listing-list-none-text = Choose another state to see your other products.
