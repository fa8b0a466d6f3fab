# Searching: filters, ways out of an empty result, and what the operator sees of it.
search-about = about { $count }
search-all-of = See all { $count } results
search-browse = Browse the categories
search-chosen = Chosen filters
search-clear = Clear all
search-corrected = Nothing has “{ $typed }”. This is what was found for “{ $meant }”.
search-explained = Search order
search-explained-lead = Why products are found in this order. Each point can be traced to a rule.
search-filters = Filters
search-more =
    { $count ->
        [one] One more
       *[other] { $count } more
    }
search-part-characters = Row of characters
search-part-description = Description
search-part-name = Name
search-part-seller = Seller
search-part-sound = Pinyin
search-part-spelling = Beginning or spelling
search-part-summary = Summary
search-points = Points
search-points-freshness = Freshness
search-points-rating = Rating
search-points-sales = Sales
search-points-text = Words
search-points-where = Where the words stand
search-relaxed = No product has all of these words. These have most of them.
search-remove = , remove this filter
search-sold = Sold
search-synonyms = Synonyms
search-synonyms-count =
    { $count ->
        [one] One group of words that mean the same
       *[other] { $count } groups of words that mean the same
    }
search-tip-fewer = Use fewer or more general words.
search-tip-language = Try the other language: Chinese, pinyin and English all work.
search-tip-spelling = Check the spelling.
search-type = Product type
search-weight = { $percent } % of the word's rarity
search-weight-freshness = { $points } points for a product that is new today, none after { $days } days
search-weight-rating = { $points } points for five stars
search-weight-sales = { $points } points for a thousand sales, a tenth of them for each doubling
search-weights = The rules of the order
search-weights-change = Change them in the site's rules
search-without-filters = Search for “{ $words }” without filters
search-certification = Certification
search-environment = Runs on
search-rating = Rating
search-rating-from = { $stars } stars and up
search-rated = Reviews
search-weight-prior = Each product is rated as if { $count } reviews of { $stars } stars had come before its own
