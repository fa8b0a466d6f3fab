# Messages to people and their settings.
messages-title = Messages
messages-unread =
    { $count ->
        [0] You have read everything.
        [one] One unread message.
       *[other] { $count } unread messages.
    }
messages-read-all = Mark all as read
messages-read = Mark as read
messages-new = (unread)
messages-only-unread = Unread only
messages-all = All messages
messages-none = No messages yet
messages-none-text = What happens to your orders, your wallet and your account is told here, and by mail if you like.
messages-none-here = Nothing fits
messages-none-here-text = There are no messages of this kind.
messages-settings = Message settings
messages-settings-lead = Everything is in the inbox. Choose what also reaches you by mail or SMS.
messages-by-mail = Mail
messages-by-sms = SMS
messages-sms-note = SMS needs a mobile number.
messages-sms-where = Add or change it

messages-topic = Topic
messages-topic-any = All topics
messages-topic-verification = Verification
messages-topic-seller = Selling
messages-topic-product = Products
messages-topic-order = Orders
messages-topic-wallet = Wallet
messages-topic-delivery = Delivery
messages-topic-licence = Licences
messages-topic-refund = Returns
messages-topic-security = Security
messages-topic-operations = Operations
messages-about-verification = Received, approved, sent back
messages-about-seller = Your application and your shop's changes
messages-about-product = Reviews and what is on sale
messages-about-order = Placed, paid, cancelled
messages-about-wallet = Top-ups that arrived or did not
messages-about-delivery = Codes that are there, deliveries that failed
messages-about-licence = Activations and terms that end
messages-about-refund = Money that comes back
messages-about-security = Sign-ins, passwords and two-step sign-in
messages-about-operations = The running of the site
