# How much may be bought: limits for each account and stock.
done-limits-saved = Saved; it holds for new orders
limits-account = For each account
limits-account-text = What nobody has paid, what was returned and what has ended does not count. Not for what is paid by use.
limits-lead = How much one account may buy, and how many are left.
limits-max = The most that one account may hold
limits-not-yet = Limits and stock are set once the product is on sale.
limits-of = Counted
limits-of-purchases = Purchases
limits-single = One at a time: not again before the present one has ended
limits-stock = Stock
limits-stock-hint = How many can still be sold. Empty: as many as are wanted. A piece is taken with the order and comes back when it is cancelled or returned.
limits-title = Limits
