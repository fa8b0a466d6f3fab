# Renewing what buyers own, and what happens at its end.
done-expiry-set = Noted
done-renewal-returned = The renewal was given back. The money is in your wallet.
done-renewed = Renewed

expiry-agree-again = Agree to the new price
expiry-agreed = What you agree to
expiry-agreed-short = Agreed to
expiry-at-most = { $amount } at most
expiry-first = Renewed from
expiry-go = When it ends…
expiry-hint-automatic =
    { $count ->
        [one] From the day before the end on, it is paid from your wallet, never for more than you agree to.
       *[other] From { $count } days before the end on, it is paid from your wallet, never for more than you agree to.
    }
expiry-hint-end = It ends, is frozen and released later. You are told once more before that.
expiry-hint-manual = You are told before the end and renew it yourself.
expiry-lead = Choose what happens when the term is over. You can change it at any time.
expiry-policy = When it ends
expiry-policy-automatic = Renew automatically
expiry-policy-end = Let it end
expiry-policy-manual = I renew it myself
expiry-price-max = Highest price
expiry-price-max-hint = In { $currency }. If it costs more by then, nothing is paid and you are asked.
expiry-price-now = It costs now:
expiry-save = Save
expiry-title = When it ends

order-kind-renewal = Renewal
order-renewal-term = New term: { $from } to { $until }
order-renewed-open = Open what you renewed

renewal-back = Until the new term begins, this renewal can be given back in full.
renewal-back-within = The new term has begun, so this renewal can be given back within { $time } of paying, as one of the year's returns.
renewal-cause-automatic = Automatically
renewal-cause-by-hand = By hand
renewal-compute = Show price
renewal-count =
    { $count ->
        [one] Renewed once
       *[other] Renewed { $count } times
    }
renewal-from = From
renewal-go = Renew
renewal-lead = The new term begins where the present one ends, whenever you pay.
renewal-length = Renew for
renewal-length-saving = { $length } (saves { $percent }%)
renewal-others-pay = Your role does not allow paying. A colleague with the right to pay can renew it.
renewal-pay = Renew for { $amount }
renewal-term = New term
renewal-title = Renew
renewal-trouble-funds = It could not be renewed automatically: your wallet holds too little. It is tried again every day.
renewal-trouble-not-sold = It could not be renewed automatically, because it is not sold at the moment. It is tried again every day.
renewal-trouble-price = It now costs more than you agreed to, so it was not renewed.
renewal-until = Until

return-not-counted = Not counted: the term has not begun
return-refused-not-renewed = It has no renewal that could be given back.
return-refused-renewed = It was renewed. Give the renewal back first.
return-renewal-title = Give the renewal back
return-renewal-warning = It ends again as it would have without the renewal, and is no longer renewed automatically.
expiry-agree-anew = Agree to it anew
expiry-hint-at-once = The end is so near that it is renewed as soon as you save, paid from your wallet, never for more than you agree to.
renewal-back-file = Until the new term begins, this renewal can be given back in full, unless a licence file was downloaded after it.
renewal-trouble-no-right = It could not be renewed automatically: whoever agreed to it may not buy for your account any more.
return-refused-renewal-begun = The new term has begun, so the renewal cannot be given back.
return-refused-file-issued = A licence file for the new term was downloaded after the renewal, so it cannot be given back.
return-refused-released = It has been released, so nothing of it can be given back.
checkout-renew = Renew it automatically
checkout-renew-text = Before it ends, the same again ({ $term }) is paid from your wallet, for { $amount } at most. You can change that at any time.
order-goes-on = It is renewed automatically, for { $amount } at most each time.
