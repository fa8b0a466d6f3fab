//! What a seller writes into an offer, and how it lowers the list price.

use documents::Purpose;
use kernel::{
    Invalid, Localized, Money, Timestamp,
    id::{DocumentId, PrivateOfferId, SkuId},
    rate::BASIS_POINTS,
};
use pricing::{Adjustment, Choice, LineKind, PricePer, Quote, Reduction, Stacking};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{INSTALMENTS_MAX, Instalment};

/// What an offer says, as the seller works on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Rollout 2027", "valid_until": "2027-01-31T16:00:00Z", "terms": "Support in Chinese and English.",
    "lines": [{
        "sku": "sku_01jd8kx2v9e5jtf6xw4sz3q7ab", "choice": {"quantities": {"users": 200}, "periods": 12},
        "price": {"kind": "percent", "basis_points": 1_500}
    }]
}))]
#[schema(as = PrivateOfferDraft)]
pub(crate) struct Draft {
    /// What both sides call it; it stands in the explanation of each price.
    #[schema(min_length = 1, max_length = 60, example = "Rollout 2027")]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) lines: Vec<WantedLine>,
    /// Terms of this offer, beside the agreement of each product.
    #[serde(default)]
    #[schema(max_length = 10000)]
    pub(crate) terms: String,
    /// Documents of yours that go with it, handed in as `service_agreement` or `other`.
    #[serde(default)]
    pub(crate) documents: Vec<DocumentId>,
    /// When which part is paid; empty: everything at acceptance.
    #[serde(default)]
    pub(crate) instalments: Vec<Instalment>,
    /// Until when it can be accepted.
    pub(crate) valid_until: Timestamp,
}

/// One thing that is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PrivateOfferWantedLine)]
pub(crate) struct WantedLine {
    pub(crate) sku: SkuId,
    pub(crate) choice: Choice,
    #[serde(default)]
    pub(crate) price: LinePrice,
}

/// What is asked instead of the list price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = PrivateOfferPrice)]
pub(crate) enum LinePrice {
    /// The list price.
    #[default]
    List,
    /// A part less; what is paid once for setting up stays.
    Percent {
        /// 1000 is 10 %.
        #[schema(minimum = 1, maximum = 9999)]
        basis_points: u32,
    },
    /// What was negotiated for the whole line.
    Total { amount: Money },
}

pub(crate) const LINES_MAX: usize = 20;
const NAME_MAX: usize = 60;
const TERMS_MAX: usize = 10_000;
const DOCUMENTS_MAX: usize = 10;
pub(crate) const MESSAGE_MAX: usize = 2_000;

/// What can be said of a draft without prices: lengths and counts. A draft may still be without lines.
pub(crate) fn check_names(draft: &Draft, now: Timestamp, days_max: u32) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    wrong.line(&draft.name, 1, NAME_MAX, "name");
    wrong.length(&draft.terms, 0, TERMS_MAX, "terms");
    let most = (format!("may be at most {LINES_MAX}"), format!("最多 {LINES_MAX} 项"));
    wrong.check(draft.lines.len() <= LINES_MAX, "lines", most);
    let most = (format!("may be at most {DOCUMENTS_MAX}"), format!("最多 {DOCUMENTS_MAX} 个"));
    wrong.check(draft.documents.len() <= DOCUMENTS_MAX, "documents", most);
    let most = (format!("may have at most {INSTALMENTS_MAX} parts"), format!("最多分 {INSTALMENTS_MAX} 期"));
    wrong.check(draft.instalments.len() <= INSTALMENTS_MAX, "instalments", most);
    wrong.check(draft.valid_until > now, "valid_until", ("must be in the future", "须晚于现在"));
    let long = (format!("may be at most {days_max} days from now"), format!("有效期最长 {days_max} 天"));
    wrong.check(draft.valid_until <= now.plus_days(i64::from(days_max)), "valid_until", long);
    wrong.done()
}

impl Draft {
    /// Without what stands around its texts.
    pub(crate) fn trimmed(self) -> Self {
        Self { name: self.name.trim().to_owned(), terms: self.terms.trim().to_owned(), ..self }
    }
}

/// Whether a document may go with an offer: what was handed in to prove something is not given on to a buyer.
pub(crate) const fn goes_along(purpose: Purpose) -> bool {
    match purpose {
        Purpose::ServiceAgreement | Purpose::Other => true,
        Purpose::BusinessLicence
        | Purpose::SalesPermit
        | Purpose::Identity
        | Purpose::PaymentProof
        | Purpose::ProductLogo
        | Purpose::ProductScreenshot
        | Purpose::UserGuide
        | Purpose::SoftwareCopyright
        | Purpose::Certificate
        | Purpose::ProductQualification
        | Purpose::ServiceTemplate => false,
    }
}

/// Whether a draft can be sent: it offers something.
pub(crate) fn check_ready(draft: &Draft) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    wrong.check(!draft.lines.is_empty(), "lines", ("must hold at least one", "至少须有一项报价内容"));
    wrong.done()
}

pub(crate) fn check_message(text: &str) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    wrong.length(text.trim(), 1, MESSAGE_MAX, "text");
    wrong.done()
}

impl LinePrice {
    /// What it does to a list price, as prices understand it; `None`: nothing.
    pub(crate) fn reduction(self, list: &Quote) -> Result<Option<Reduction>, Invalid> {
        match self {
            Self::List => Ok(None),
            Self::Percent { basis_points } => {
                let range = ("must be more than 0 and less than 100 percent", "须大于 0% 且小于 100%");
                if !(1..BASIS_POINTS).contains(&basis_points) {
                    return Err(Invalid::one("price.basis_points", range));
                }
                Ok(Some(Reduction::Discount { basis_points }))
            }
            Self::Total { amount } => {
                let total = list.total;
                if amount.currency() != total.currency() {
                    let same = (format!("must be in {}", total.currency()), format!("须使用 {}", total.currency()));
                    return Err(Invalid::one("price.amount", same));
                }
                if amount.minor() > total.minor() {
                    let less = format!("must not be more than {total}, the price on the list");
                    return Err(Invalid::one("price.amount", (less, format!("不能高于目录价 {total}"))));
                }
                let set_up = list.lines.iter().filter(|line| line.kind == LineKind::SetUp).map(|line| line.amount);
                let set_up = Money::sum(total.currency(), set_up).unwrap_or(total);
                let price = amount.minus(set_up).unwrap_or(set_up);
                if !price.is_positive() || amount.minor() <= set_up.minor() {
                    let more = format!("must be more than {set_up}, which is paid once for setting up");
                    return Err(Invalid::one("price.amount", (more, format!("须大于一次性开通费 {set_up}"))));
                }
                let same = amount.minor() == total.minor();
                Ok((!same).then_some(Reduction::SpecialPrice { price, per: PricePer::Whole }))
            }
        }
    }
}

/// Lowers a list price by what an offer says; the explanation names the offer.
pub(crate) fn lower(
    list: Quote,
    price: LinePrice,
    (offer, name): (PrivateOfferId, &str),
) -> Result<Quote, kernel::Error> {
    let Some(reduction) = price.reduction(&list)? else { return Ok(list) };
    let adjustment = Adjustment {
        source: offer.to_string(),
        name: Localized::new(format!("Private offer “{name}”"), format!("专属报价「{name}」")),
        reduction,
        platform_basis_points: 0,
        stacking: Stacking::Alone,
    };
    Ok(pricing::adjust(list, &[adjustment])?)
}

#[cfg(test)]
mod tests {
    use kernel::Currency;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn yuan(minor: i64) -> Money {
        Money::of(minor, Currency::CNY)
    }

    /// A price of so much, and so much once for setting up.
    fn list(price: i64, set_up: i64) -> Quote {
        let amount = |minor: i64| json!({ "minor": minor, "currency": "CNY" });
        let text = json!({ "en": "Price", "zh": "价格" });
        let lines = json!([
            { "text": text, "amount": amount(price) }, { "text": text, "amount": amount(set_up), "kind": "set_up" }
        ]);
        serde_json::from_value(json!({ "total": amount(price + set_up), "lines": lines, "periods": 1 })).unwrap()
    }

    fn lowered(list: Quote, price: LinePrice) -> Result<Quote, kernel::Error> {
        lower(list, price, (PrivateOfferId::new(Timestamp::from_micros(0)), "Rollout"))
    }

    #[test]
    fn a_negotiated_total_is_what_is_paid_and_the_explanation_names_the_offer() {
        let price = LinePrice::Total { amount: yuan(8_000) };
        let quote = lowered(list(9_000, 1_000), price).unwrap();
        assert_eq!(quote.total, yuan(8_000));
        let text = &quote.lines[2].text;
        assert!(text.en.starts_with("Private offer “Rollout”: special price 70.00 instead of 90.00"), "{}", text.en);
        assert!(text.zh.starts_with("专属报价「Rollout」"), "{}", text.zh);
        assert!(lowered(list(9_000, 1_000), LinePrice::Total { amount: yuan(10_001) }).is_err());
        assert!(lowered(list(9_000, 1_000), LinePrice::Total { amount: yuan(1_000) }).is_err());
        assert_eq!(lowered(list(9_000, 0), LinePrice::List).unwrap().total, yuan(9_000));
    }

    proptest! {
        #[test]
        fn an_offer_never_raises_a_price_and_its_lines_sum_to_it(
            price in 1_i64..1_000_000_000, set_up in 0_i64..1_000_000, asked in 0_i64..1_100_000_000, points in 0_u32..11_000,
        ) {
            for wanted in [LinePrice::Total { amount: yuan(asked) }, LinePrice::Percent { basis_points: points }] {
                if let Ok(quote) = lowered(list(price, set_up), wanted) {
                    prop_assert!(quote.total.minor() <= price + set_up && !quote.total.is_negative());
                    let sum: i64 = quote.lines.iter().map(|line| line.amount.minor()).sum();
                    prop_assert_eq!(sum, quote.total.minor());
                    if let LinePrice::Total { amount } = wanted {
                        prop_assert_eq!(quote.total, amount);
                    }
                }
            }
        }
    }
}
