//! Prices of a spec in other currencies, as far as its SKUs share them.

use kernel::Currency;
use pricing::{Book, BookPrices};
use rust_decimal::Decimal;

use super::draft::{Sku, Spec};

/// What the SKUs of a spec have in a currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shared {
    /// No prices in it.
    Nothing,
    /// All the same rate.
    Rate(Decimal),
    /// Prices that were written for it, or SKUs that differ.
    Own,
}

impl Sku {
    fn in_currency(&self, currency: Currency) -> Shared {
        match self.books.iter().find(|book| book.currency == currency).map(|book| &book.prices) {
            None => Shared::Nothing,
            Some(BookPrices::Rate { rate }) => Shared::Rate(*rate),
            Some(BookPrices::Own { .. }) => Shared::Own,
        }
    }
}

impl Spec {
    pub(crate) fn shared_in(&self, currency: Currency) -> Shared {
        let mut kinds = self.sold().map(|sku| sku.in_currency(currency));
        let first = kinds.next().unwrap_or(Shared::Nothing);
        if kinds.all(|kind| kind == first) { first } else { Shared::Own }
    }

    /// Sells all SKUs in a currency at a rate, or not in it at all.
    pub(crate) fn sell_in(&mut self, currency: Currency, rate: Option<Decimal>) {
        for sku in &mut self.skus {
            sku.books.retain(|book| book.currency != currency);
            let priced = rate.filter(|_| !sku.not_sold);
            sku.books.extend(priced.map(|rate| Book { currency, prices: BookPrices::Rate { rate } }));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rate_is_for_all_that_is_sold_and_can_be_taken_back() {
        let mut spec: Spec = serde_json::from_value(json!({"code": "server", "skus": [
            {"values": {"os": "a"}}, {"values": {"os": "b"}}, {"values": {"os": "c"}, "not_sold": true}]}))
        .unwrap();
        let (usd, rate) = (Currency::USD, Decimal::new(14, 2));
        assert_eq!(spec.shared_in(usd), Shared::Nothing);
        spec.sell_in(usd, Some(rate));
        assert_eq!((spec.shared_in(usd), spec.skus[2].books.len()), (Shared::Rate(rate), 0));
        spec.skus[1].books.clear();
        assert_eq!(spec.shared_in(usd), Shared::Own);
        spec.sell_in(usd, None);
        assert!(spec.skus.iter().all(|sku| sku.books.is_empty()));
    }
}
