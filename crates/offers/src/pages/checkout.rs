//! The buyer's coupons beside a price that is about to be accepted.

use kernel::id::CouponId;
use maud::{Markup, html};
use ui::View;

use crate::{actions::Coupons, actions::Offered};

/// The coupons that fit, and behind them those that do not, with the reason. `with` gives the address of the same
/// choice with other coupons.
pub fn checkout_coupons(view: &View, coupons: &Coupons, with: impl Fn(&[CouponId]) -> String) -> Markup {
    let chosen: Vec<CouponId> = coupons.offered.iter().filter(|one| one.chosen).map(|one| one.coupon).collect();
    let (fits, others): (Vec<&Offered>, Vec<&Offered>) = coupons.offered.iter().partition(|one| one.fit.is_ok());
    html! {
        @if !coupons.offered.is_empty() {
            section.card {
                h2 { (view.t("coupons-title")) }
                @if fits.is_empty() { p.muted { (view.t("coupons-none-fit")) } }
                ul.plain {
                    @for one in &fits { li.spread { (about(view, one)) (action(view, one, &chosen, coupons.most, &with)) } }
                }
                @if !others.is_empty() {
                    details {
                        summary { (view.ta("coupons-others", &[("count", i64::try_from(others.len()).unwrap_or(i64::MAX).into())])) }
                        ul.plain { @for one in &others { li { (about(view, one)) } } }
                    }
                }
                p { a href="/console/coupons" { (view.t("coupons-redeem-link")) } }
            }
        }
    }
}

fn about(view: &View, one: &Offered) -> Markup {
    html! {
        div {
            strong { (view.of(&one.name)) } " " span { (view.of(&one.value)) }
            div.small.muted {
                @match &one.fit {
                    Ok(saved) => {
                        (view.ta("coupon-saves", &[("amount", view.money_text(*saved).into())])) " · "
                        (view.t("coupon-until")) " " (view.time(one.until))
                        @if one.instead_of_discount { " · " (view.t("coupon-instead")) }
                    },
                    Err(why) => (ui::sentence(view.of(&kernel::Refusal::text(why)))),
                }
            }
        }
    }
}

fn action(view: &View, one: &Offered, chosen: &[CouponId], most: u32, with: impl Fn(&[CouponId]) -> String) -> Markup {
    let name = html! { span.unseen { " " (view.of(&one.name)) } };
    if one.chosen {
        let rest: Vec<CouponId> = chosen.iter().copied().filter(|id| *id != one.coupon).collect();
        return html! { a.button.quiet href=(with(&rest)) { (view.t("coupon-take-off")) (name) } };
    }
    // Where an order takes one only, another one takes its place.
    let kept = if chosen.len() < most as usize { chosen } else { chosen.get(1..).unwrap_or_default() };
    let mut wanted = kept.to_vec();
    wanted.push(one.coupon);
    html! { a.button href=(with(&wanted)) { (view.t("coupon-use")) (name) } }
}
