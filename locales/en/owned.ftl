# What buyers own: instances, licences, returns.
instance-after-grace =
    { $count ->
        [0] After the term it can still be used until { $time }; then it is released. Until then it can be renewed.
        [one] After the term it can still be used until { $time }; then it is frozen for 1 day and released. Until then it can be renewed.
       *[other] After the term it can still be used until { $time }; then it is frozen for { $count } days and released. Until then it can be renewed.
    }
instance-after-term =
    { $count ->
        [0] After the term it is released. Until then it can be renewed.
        [one] After the term it is frozen for 1 day and then released. Until then it can be renewed.
       *[other] After the term it is frozen for { $count } days and then released. Until then it can be renewed.
    }
instance-buy-again = Buy again
instance-ended-arrears = What was used was not paid, and it has been released.
instance-ended-buyer = You have closed it.
instance-ended-expiry = The term is over, and it has been released.
instance-ended-operator = The operator has ended it.
instance-ended-refund = It was returned, and the money went back to your wallet.
instance-expired-text = The term is over and it is frozen. Renew it to go on using it; otherwise it is released on { $time }.
instance-facts = Details
instance-grace-text =
    { $count ->
        [0] The term is over. It can still be used until { $time }; then it is released. Renew it to go on: the new term begins where the old one ended.
        [one] The term is over. It can still be used until { $time }; then it is frozen, and released a day later. Renew it to go on: the new term begins where the old one ended.
       *[other] The term is over. It can still be used until { $time }; then it is frozen, and released { $count } days later. Renew it to go on: the new term begins where the old one ended.
    }
instance-id = ID
instance-name = Product
instance-order = Order
instance-price = How the price was made up
instance-quantities = Bought
instance-seller = Seller
instance-since = Since
instance-sku = What was bought
instance-sku-code = SKU code
instance-state-active = Active
instance-state-all = All
instance-state-expired = Expired, frozen
instance-state-grace = Expired, in grace
instance-state-label = Status
instance-state-released = Ended
instance-term = Term
instance-unlimited = Unlimited
instance-until = Until

instances-lead = Everything your account owns, with its codes and terms.
instances-none = Nothing purchased yet
instances-none-go = Discover products
instances-none-such = Nothing matches
instances-none-such-text = Choose another status or clear the filter.
instances-none-text = What you buy appears here within seconds, ready to use.
instances-title = Purchased

licence-activated = Activated
licence-active-clients = Active, as counted by the software
licence-audited = Each look at the code is recorded in the history below.
licence-back = Back to the product
licence-clients = Clients reported
licence-code = Authorisation code
licence-day = Day
licence-event-activated = Activated by the software
licence-event-amended = Amended
licence-event-expired = Expired
licence-event-file-issued = Licence file downloaded
licence-event-issued = Code issued
licence-event-released = Released
licence-event-renewal-returned = Renewal given back
licence-event-renewed = Renewed
licence-event-revealed = Code looked at
licence-file = Download licence file
licence-file-text = A signed file for software that cannot reach the network. It carries the end of the term and cannot be called back.
licence-first-seen = First heartbeat
licence-from = From
licence-heartbeats = Heartbeats
licence-heartbeats-daily = Heartbeats a day
licence-history = History
licence-how = Enter this code in the software to activate it. It can be activated once.
licence-last-seen = Last heartbeat
licence-month = Month
licence-month-show = Show
licence-no-use = No heartbeats or usage in this month.
licence-not-yet = Not yet
licence-offline = Software without a network
licence-reported = Reported usage
licence-role = Your role does not allow looking at the code.
licence-show = Show code
licence-state-active = In use
licence-state-created = Not activated
licence-state-expired = Expired
licence-state-released = Released
licence-use = Usage
licence-what = Event
licence-when = Time

return-amount = Goes back to your wallet
return-back = Back
return-confirm = Return and get { $amount } back
return-go = Return it…
return-keep = Keep it
return-reason = Reason
return-reason-hint = It helps the seller.
return-refused-allowance-used = Your account has used all its returns without a reason this year.
return-refused-not-returnable = What is of this kind cannot be returned without a reason. The seller's support can help.
return-refused-package-used = Part of this package has been used. Only a package of which nothing was used can be returned.
return-refused-too-late = The time for returning it without a reason is over. The seller's support can help.
return-refused-wrong-state = It cannot be returned as it stands now.
return-this-year = Returns this year
return-title = Return
return-until = Possible until
return-used = { $used } of { $allowed } used
return-warning = Its authorisation code stops working at once, and it cannot be restored.
return-what = What happens

refund-amount = Amount
refund-bought = Product
refund-buyer = Buyer
refund-cause = Cause
refund-cause-delivery-failed = Could not be delivered
refund-cause-no-reason = Returned without a reason
refund-cause-renewal-not-begun = Renewal given back before it began
refund-currency = Currency
refund-paid = Refunded
refund-reason = Reason given
refund-seller = Seller
refunds-all-lead = Every refund of every account, newest first.
refunds-none = No refunds
refunds-none-text = Money that goes back to a wallet is listed here with its cause.
refunds-own-lead = What came back to your wallet, and why.
refunds-sold-lead = What went back to your customers, and why.
refunds-title = Refunds

done-returned = Returned. The money is back in your wallet.
