# What opens after its buyer's acceptance.
acceptance-back = Back
acceptance-begins = Its term begins
acceptance-by = Counts as accepted on
acceptance-by-use = What you use from then on
acceptance-charged = What is charged
acceptance-confirm = Accept it
acceptance-go = Accept it…
acceptance-later = Look at it again
acceptance-refuse = Refuse it…
acceptance-role = Your role does not allow accepting it; somebody who may buy for your account can.
acceptance-title = Acceptance
acceptance-waits = It is there for you to look at. Accept it, and its term begins; refuse it, and what you paid goes back. On { $time } it counts as accepted.
acceptance-what = What begins

checkout-acceptance =
    { $count ->
        [one] It is opened for you to look at, and its term begins when you accept it. You can refuse it within 1 day and get back what you paid; after that it counts as accepted.
       *[other] It is opened for you to look at, and its term begins when you accept it. You can refuse it within { $count } days and get back what you paid; after that it counts as accepted.
    }
delivery-state-offered = Waits for acceptance
done-accepted = Accepted. Its term has begun.
errand-kind-accept = Take over that its buyer has accepted it
guide-data-accepted = instance, order, order_line, accepted_at, and expires_at where it has a term
guide-when-accepted = Its buyer has looked at what was created and accepted it: its term, and charging, begin at accepted_at. For what you sell to open after acceptance.
instance-after-acceptance = With your acceptance
instance-state-pending = Waits for acceptance
listing-field-opening = Opening
order-acceptance = Counts as accepted after
order-look = Look at it
order-now-offered = Paid, and there for you to look at. Its term begins when you accept it.
policy-key-accept = accept an instance
policy-rule-acceptance-days = Days until what opens after acceptance counts as accepted
policy-rule-acceptance-reminder-days = Days before that on which the buyer is reminded
policy-rule-acceptance-reminder-hour = At which hour of the day
policy-section-acceptance = Acceptance by buyers
production-scenario-accept = Accept an instance
refund-cause-not-accepted = Not accepted
refuse-reason-hint = At least five characters; the seller is told what is missing.
refuse-title = Refuse
refuse-warning = It is released at once, with everything in it.
release-opening = When it opens
release-opening-at-acceptance = After the buyer's acceptance
release-opening-at-payment = When it is paid
release-opening-hint = For supervised SaaS. After acceptance: your system creates it at once, the buyer looks at it, and the term begins with the acceptance, which your system is told too. Who refuses it gets everything back.
storefront-opening = It is opened for you to look at. Its term begins when you accept it.
