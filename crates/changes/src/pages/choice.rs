//! What is chosen of what something can become: read from the fields, shown to be chosen again, and paid.

use std::{collections::BTreeMap, sync::Arc};

use accounts::{Buyer, Permission};
use catalogue::Offer;
use kernel::{Error, Invalid, Localized, Refusal, Result, id::SkuId};
use maud::{Markup, html};
use orders::{After, Cover, StoredQuote};
use platform::Tx;
use pricing::Quantity;
use ui::{Field, Mistakes, Tone, View, escaped};

use crate::{
    Changes,
    actions::{Read, Wanted},
    rules::ChangeRefused,
};

/// The fields of a page: `sku`, `q.users`, and what its price was when it was shown.
pub(super) type Asked = BTreeMap<String, String>;

/// Why something cannot be had like this.
pub(super) struct Refused {
    code: Option<&'static str>,
    text: Localized,
}

impl From<ChangeRefused> for Refused {
    fn from(refused: ChangeRefused) -> Self {
        Self { code: Some(refused.code()), text: refused.text() }
    }
}

/// What came, or why it is refused; a fault stays one.
pub(super) fn refusal<T>(came: Result<T>) -> Result<std::result::Result<T, Refused>> {
    match came {
        Ok(value) => Ok(Ok(value)),
        Err(refused @ (Error::Refused(_) | Error::NotFound(_))) => {
            Ok(Err(Refused { code: refused.refusal_code(), text: refused.text() }))
        }
        Err(other @ (Error::Busy | Error::Fault(_))) => Err(other),
    }
}

/// What the fields say; what is left out stays as it is.
pub(super) fn wanted(asked: &Asked) -> Result<Wanted, Invalid> {
    let mut wrong = Invalid::default();
    let sku = asked.get("sku").map(|sku| sku.trim()).filter(|sku| !sku.is_empty());
    let unknown = ("names nothing that it can become", "不是可变更的规格");
    let sku = sku.map(str::parse).transpose().map_err(|_| unknown);
    let sku = wrong.keep(sku, "sku").flatten();
    let number = ("must be a whole number", "须为整数");
    let mut quantities = BTreeMap::new();
    for (name, value) in asked {
        let Some(code) = name.strip_prefix("q.").filter(|_| !value.trim().is_empty()) else { continue };
        let count = value.trim().parse::<u64>().map_err(|_| number);
        quantities.extend(wrong.keep(count, name.as_str()).map(|count| (code.to_owned(), count)));
    }
    wrong.done()?;
    Ok(Wanted { sku, quantities })
}

/// The offer that was chosen, or the first one, and how many were typed.
pub(super) struct Picked {
    offer: Arc<Offer>,
    typed: BTreeMap<String, u64>,
}

type Maybe<T> = std::result::Result<T, Refused>;

/// What somebody picks from what something can become, and wants of it.
pub(super) fn pick(targets: &[Arc<Offer>], wanted: Result<Wanted, Invalid>) -> Result<Maybe<(Picked, Maybe<Wanted>)>> {
    let named = wanted.as_ref().ok().and_then(|wanted| wanted.sku);
    let known = targets.iter().find(|offer| Some(offer.sku) == named).or_else(|| targets.first()).cloned();
    let Some(offer) = known else { return Ok(Err(ChangeRefused::OtherProduct.into())) };
    let typed = wanted.as_ref().map(|wanted| wanted.quantities.clone()).unwrap_or_default();
    let wanted = refusal(wanted.map_err(Error::from))?.map(|Wanted { sku: _, mut quantities }| {
        // What was typed for another edition is no number of this one.
        quantities.retain(|code, _| offer.plan.quantities.iter().any(|known| known.code == *code));
        Wanted { sku: Some(offer.sku), quantities }
    });
    Ok(Ok((Picked { offer, typed }, wanted)))
}

/// What something can become, what was chosen of it, and what that would cost.
pub(super) struct Chosen<P> {
    pub(super) targets: Vec<Arc<Offer>>,
    pub(super) offer: Arc<Offer>,
    /// What is counted of it, by its codes.
    counted: BTreeMap<String, Localized>,
    pub(super) quantities: BTreeMap<String, u64>,
    pub(super) preview: std::result::Result<P, Refused>,
    /// How many of what it would be, in words.
    becomes: Vec<Localized>,
}

impl Changes {
    pub(super) async fn chosen<P>(
        &self,
        tx: &mut Tx,
        read: &Read,
        (targets, picked): (Vec<Arc<Offer>>, Picked),
        preview: std::result::Result<P, Refused>,
    ) -> Result<Chosen<P>> {
        let Picked { offer, typed } = picked;
        let held = &read.instance.quantities;
        let count = |known: &Quantity| {
            let said = typed.get(&known.code).or_else(|| held.get(&known.code));
            (known.code.clone(), said.copied().unwrap_or(known.min))
        };
        let quantities: BTreeMap<String, u64> = offer.plan.quantities.iter().map(count).collect();
        let becomes = self.orders.catalogue.amounts(tx, offer.product, &quantities).await?;
        let counted = self.orders.catalogue.counted(tx, &offer).await?;
        Ok(Chosen { targets, offer, counted, quantities, preview, becomes })
    }
}

impl<P> Chosen<P> {
    /// What is chosen, as the fields have it.
    pub(super) fn fields(&self) -> Asked {
        let counts = self.quantities.iter().map(|(code, count)| (format!("q.{code}"), count.to_string()));
        std::iter::once(("sku".to_owned(), self.offer.sku.to_string())).chain(counts).collect()
    }

    /// `Log search, 25 users`
    pub(super) fn becomes(&self, view: &View) -> String {
        said(view, &self.offer.title(), &self.becomes)
    }

    /// What something can become, as links: each edition counts things of its own.
    pub(super) fn editions(&self, view: &View, here: &str, present: SkuId) -> Markup {
        html! {
            @if self.targets.len() > 1 {
                nav.edition-links aria-label=(view.t("change-into")) {
                    @for offer in &self.targets {
                        a href={ (here) "?sku=" (offer.sku) } aria-current=[(offer.sku == self.offer.sku).then_some("true")] {
                            span { (view.of(&offer.title())) }
                            @if offer.sku == present { span.small { (view.t("change-as-now")) } }
                        }
                    }
                }
            }
        }
    }

    /// The field of something that is counted, with no less than that.
    pub(super) fn number(&self, view: &View, known: &Quantity, least: u64) -> Markup {
        let Quantity { code, unit, unit_one: _, min, max, step } = known;
        let count = self.quantities.get(code).copied().unwrap_or(*min).to_string();
        let args = [
            ("min", least.to_string().into()),
            ("max", max.to_string().into()),
            ("unit", view.of(unit).into()),
            ("step", step.to_string().into()),
        ];
        let hint = if *step > 1 { view.ta("change-range-steps", &args) } else { view.ta("change-range", &args) };
        let label = self.counted.get(code).map_or(code.as_str(), |name| view.of(name));
        Field::input("number", &format!("q.{code}"), label)
            .value(&count)
            .hint(hint)
            .required()
            .with("min", least.to_string())
            .with("max", max.to_string())
            .with("step", step.to_string())
            .with("inputmode", "numeric")
            .render(view, &Mistakes::none())
    }
}

/// `Log search, 25 users`
pub(super) fn said(view: &View, title: &Localized, amounts: &[Localized]) -> String {
    let comma = view.t("change-comma");
    let parts = std::iter::once(title).chain(amounts).map(|part| view.of(part));
    parts.collect::<Vec<_>>().join(&comma)
}

/// A choice as parameters of an address.
pub(super) fn parameters(fields: &Asked) -> String {
    let chosen = fields.iter().filter(|(name, _)| *name == "sku" || *name == "term" || name.starts_with("q."));
    let pairs: Vec<String> = chosen.map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
    pairs.join("&")
}

pub(super) fn notice(view: &View, refused: &Refused) -> Markup {
    // Nothing is chosen yet: that is no trouble.
    let tone = if refused.code == Some(ChangeRefused::Nothing.code()) { Tone::Info } else { Tone::Warn };
    ui::notice(tone, &html! { p { (ui::sentence(view.of(&refused.text))) } })
}

/// What its price leaves of the wallet, or lacks.
pub(super) fn balance(view: &View, cover: &Cover) -> Markup {
    html! {
        dl.receipt {
            div { dt { (view.t("checkout-wallet")) } dd { (view.money(cover.balance)) } }
            @match cover.after {
                After::Left(left) => div { dt { (view.t("checkout-left")) } dd { (view.money(left)) } },
                After::Missing(missing) => div { dt { (view.t("checkout-missing")) } dd { span.missing { (view.money(missing)) } } },
            }
        }
    }
}

/// Who looks, and what they may do about the payment.
#[derive(Clone, Copy)]
pub(super) struct Payer {
    pub(super) may_pay: bool,
    pub(super) verified: bool,
}

impl Payer {
    pub(super) fn of(buyer: &Buyer) -> Self {
        let may_pay = buyer.may(Permission::Buy).is_ok() && buyer.may(Permission::Pay).is_ok();
        Self { may_pay, verified: buyer.is_verified() }
    }
}

/// The button that pays what is chosen under a name, or what has to be done before.
pub(super) fn pay(
    view: &View,
    payer: Payer,
    (quote, cover): (&StoredQuote, &Cover),
    (here, fields): (&str, &Asked),
    name: &'static str,
) -> Markup {
    let again = escaped(&format!("{here}?{}", parameters(fields)));
    html! {
        @if !payer.verified {
            (ui::notice(Tone::Warn, &html! { p { (view.t("checkout-unverified")) } }))
            (ui::button_link(&format!("/console/verification?next={again}"), &view.t("checkout-verify"), true))
        } @else if !payer.may_pay { p { (view.t("change-others-pay")) } } @else {
            @match cover.after {
                After::Left(_) => (ui::form(view, here, &html! {
                    @for (name, value) in fields { input type="hidden" name=(name) value=(value); }
                    input type="hidden" name="seen" value=(quote.content.seen());
                    button.button.primary.large.wide type="submit" {
                        (view.ta(name, &[("amount", view.money_text(quote.content.quote.total).into())]))
                    }
                })),
                After::Missing(missing) => a.button.primary.large.wide href={
                    "/console/wallet/top-up?amount=" (ui::plain_amount(missing)) "&currency=" (missing.currency()) "&next=" (again)
                } { (view.ta("checkout-top-up", &[("amount", view.money_text(missing).into())])) },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_is_left_out_stays_as_it_is() {
        let wish = wanted(&asked(&[("q.users", " 40 "), ("q.rooms", ""), ("seen", "x")])).unwrap();
        assert_eq!(wish, Wanted { sku: None, quantities: BTreeMap::from([("users".to_owned(), 40)]) });
        let wrong = wanted(&asked(&[("sku", "pro"), ("q.users", "-1")])).unwrap_err();
        let fields: Vec<&str> = wrong.0.iter().map(|wrong| wrong.field.as_str()).collect();
        assert_eq!(fields, ["sku", "q.users"]);
    }
}
