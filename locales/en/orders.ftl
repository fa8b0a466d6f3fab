# Checkout and orders, for buyers, sellers and the operator.
order-account = Account
order-amount = Amount
order-book = Book
order-book-bank = Bank
order-book-development = Play money
order-book-escrow = Escrow
order-book-wallet = Wallet
order-booked = Booked
order-bought = Product
order-buyer = Buyer
order-cancel = Cancel order
order-cancel-owed = Nothing is charged now. What was agreed is still owed: the seller can ask for this instalment again.
order-cancel-text = Nothing has been charged. To buy it later, take a new price from the product's page.
order-cancel-title = Cancel this order?
order-cancel-yes = Yes, cancel the order
order-currency = Currency
order-due = Pay by
order-fee = Commission
order-frozen = Frozen after expiry
order-grace = Usable after expiry, for no longer than was paid for
order-history = History
order-id = Order ID
order-journal = Postings
order-moment-cancelled = Cancelled
order-moment-completed = Delivered
order-moment-paid = Paid
order-moment-placed = Ordered
order-moment-refunded = Refunded
order-no-postings = Nothing has been booked for this order.
order-now-cancelled = This order was cancelled before it was paid. Nothing was charged.
order-now-completed = Delivered. It is yours to use.
order-now-failing = Delivery did not work at first and is tried again automatically. If it cannot be delivered, the full price goes back to your wallet.
order-now-paid = Paid. Delivery usually takes a few seconds.
order-now-placed = Waiting for payment. Unpaid orders are cancelled without cost.
order-now-refunded = Refunded. The money is back in your wallet.
order-number = Order
order-open = Open what you bought
order-payment-time = Time to pay
order-placed = Ordered
order-recipe = Booked as
order-recipe-development-top-up = Play money
order-recipe-refund = Refund
order-recipe-renewal = Renewal
order-recipe-sale = Sale
order-recipe-usage = Use
order-recipe-usage-credit = Paid back for use
order-recipe-top-up = Top-up
order-refresh = Refresh
order-return = Return without a reason
order-seller = Seller
order-sku = SKU code
order-standing = Status
order-state-all = All
order-state-cancelled = Cancelled
order-state-completed = Completed
order-state-label = Status
order-state-paid = Being delivered
order-state-placed = Waiting for payment
order-state-refunded = Refunded
order-tax = Tax
order-term-day =
    { $count ->
        [one] 1 day
       *[other] { $count } days
    }
order-term-month =
    { $count ->
        [one] 1 month
       *[other] { $count } months
    }
order-term-unlimited = Unlimited, paid once
order-term-year =
    { $count ->
        [one] 1 year
       *[other] { $count } years
    }
order-terms = Terms of the purchase
order-title = Order { $number }
order-total = Total
order-window-days =
    { $count ->
        [one] 1 day
       *[other] { $count } days
    }
order-window-hours =
    { $count ->
        [one] 1 hour
       *[other] { $count } hours
    }

orders-all-lead = Every order of every account, newest first.
orders-lead = What you ordered, what it cost, and where it stands.
orders-none = No orders yet
orders-none-go = Discover products
orders-none-such = No orders match
orders-none-such-text = Choose another status or clear the filter.
orders-none-text = Choose a product, see its price explained, and order it. It appears here at once.
orders-title = Orders

sales-escrow = The buyer's payment is held in escrow until settlement.
sales-lead = Paid orders of your products. You see an order once it is paid.
sales-none = No sales yet
sales-none-go = Your products
sales-none-text = Orders appear here as soon as somebody pays for one of your products.
sales-title = Orders

clients-account = Account ID
clients-kept = Revenue after refunds
clients-last = Latest order
clients-lead = Everybody who bought from you, the latest first.
clients-name = Customer
clients-none = No customers yet
clients-none-text = Accounts appear here with their first paid order.
clients-orders = Paid orders
clients-title = Customers

checkout-resold = Whom you buy for
checkout-resold-choose = Choose
checkout-resold-chosen = Chosen
checkout-resold-nobody = Nobody in particular
checkout-resold-text = The seller lets you buy for less for these customers.
checkout-choose-again = Choose again
checkout-grace =
    { $count ->
        [one] After the term it can still be used for a day, but for no longer than was paid for; renewed by then, it goes on from the old end.
       *[other] After the term it can still be used for { $count } days, but for no longer than was paid for; renewed by then, it goes on from the old end.
    }
checkout-later-hint = Pay later: the order waits { $window } for its payment, then it is cancelled without cost.
checkout-left = Left afterwards
checkout-missing = Missing
checkout-order-now = Order now
checkout-others-pay = Your role does not allow paying. Place the order, and a colleague with the right to pay can pay it.
checkout-own = You are the seller of this product. Try it with a test code instead.
checkout-pay = Payment
checkout-pay-later = Order now, pay later
checkout-pay-now = Pay { $amount }
checkout-price = How the price is made up
checkout-promise = Return promise
checkout-promise-limit =
    { $count ->
        [one] Your account has 1 such return in a calendar year.
       *[other] Your account has { $count } such returns in a calendar year.
    }
checkout-promise-text = Return it within { $window } of delivery without giving a reason. The full price goes back to your wallet.
checkout-role = Your role does not allow buying. The account's owner can change it under Team.
checkout-term = Term
checkout-test-codes = Test codes
checkout-title = Checkout
checkout-top-up = Top up { $amount }
checkout-unverified = Buying needs a verified account. Verify it once, then come back to this purchase.
checkout-verify = Verify the account
checkout-wallet = In your wallet

deliveries-lead = Each paid order line and the tries to deliver it. What cannot be delivered is refunded.
deliveries-none = No deliveries match
deliveries-none-text = Choose another status or clear the filter.
deliveries-none-yet = Delivery begins when the order is paid.
deliveries-title = Deliveries
delivery-opened = Opened
delivery-order = Order
delivery-said = Last error
delivery-state-delivered = Delivered
delivery-state-due = Under way
delivery-state-failed = Failed, refunded
delivery-state-label = Status
delivery-tries = Tries

done-order-cancelled = The order is cancelled.
done-order-paid = Paid. The order is being delivered.
done-order-placed = The order is placed and waits for payment.

order-sold-line = Sold
order-licence = See the licence

asked-agreed = Told to the seller
asked-answers = Answers to the seller
asked-email = The seller may be told my mail address
asked-email-name = Mail address
asked-lead = The seller's software needs this to open what you order. You and the seller see it with the order; never give a password here.
asked-none = none yet; add it under your account first
asked-phone = The seller may be told my mobile number
asked-phone-name = Mobile number
asked-title = Asked by the seller
asked-told = What is told: { $value }
