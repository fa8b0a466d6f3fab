//! The part of an instance's page that leads to the review of its product.

use accounts::{Buyer, Permission};
use catalogue::stars;
use instances::Instance;
use kernel::{Error, Result};
use maud::{Markup, html};
use platform::Tx;
use ui::{View, button_link};

use super::state_badge;
use crate::Reviews;

impl Reviews {
    /// What the account says of a product, or the way to say it; nothing where it may not.
    pub async fn review_part(&self, tx: &mut Tx, view: &View, buyer: &Buyer, instance: &Instance) -> Result<Markup> {
        let own = self.own_of(tx, buyer, instance.product).await?;
        // What was written is shown; whether it could be is asked of nobody else.
        let may = own.is_none()
            && buyer.may(Permission::Buy).is_ok()
            && match self.standing(tx, buyer.account(), instance.product).await {
                Ok(_) => true,
                Err(Error::Refused(_)) => false,
                Err(other) => return Err(other),
            };
        Ok(html! {
            @if own.is_some() || may {
                section.card #review {
                    h2 { (view.t("product-review-yours")) }
                    @if let Some(review) = &own {
                        p.row { (stars(view, u64::from(review.written.stars) * 10)) (state_badge(view, review.state)) }
                        p { (review.written.title) }
                        p.row { (button_link(&format!("/console/reviews/{}", review.id), &view.t("product-review-see"), false)) }
                    } @else {
                        p.muted { (view.t("product-review-part-text")) }
                        p.row { (button_link(&format!("/console/instances/{}/review", instance.id), &view.t("product-review-write"), false)) }
                    }
                }
            }
        })
    }
}
