//! Business information that waits to be certified.

use std::sync::Arc;

use accounts::Operator;
use kernel::{Result, Timestamp, id::BusinessCertificationId};
use maud::html;
use policy::Policy;
use ui::{Page, Tone, View};

use super::{By, Case, Refused, decision, earlier, page};
use crate::{
    Certification, CertificationState, Reason, SellerRow, Sellers,
    pages::{business, queues::due_fact, shown},
    rules::{business::FIELDS, normalised},
};

pub(super) struct Certifying {
    one: Certification,
    seller: SellerRow,
    policy: Arc<Policy>,
}

impl Case for Certifying {
    type Id = BusinessCertificationId;

    const LIST: &'static str = "/operator/sellers/business";
    const AGREED: &'static str = "business-certified";
    const FIELDS: &'static [&'static str] = FIELDS;

    async fn find(sellers: &Sellers, operator: &Operator, id: Self::Id) -> Result<Self> {
        let mut tx = sellers.app.db.read();
        let one = sellers.certification_for_review(&mut tx, operator, id).await?;
        let seller = sellers.seller_for_operator(&mut tx, operator, one.account_id).await?;
        Ok(Self { one, seller, policy: sellers.policies.current().await? })
    }

    fn page(&self, view: &View, now: Timestamp, refused: Option<&Refused<'_>>) -> Page {
        let Self { one, seller, policy } = self;
        let open = one.state == CertificationState::Submitted;
        let holder = normalised(&one.account_holder) == normalised(&seller.name);
        let mut state = vec![
            (view.t("selling-seller"), html! { (seller.name) }),
            (
                view.t("selling-holder-check"),
                html! {
                    @if holder { (ui::badge(Tone::Good, &view.t("selling-name-same"))) } @else { (ui::badge(Tone::Bad, &view.t("selling-name-differs"))) }
                },
            ),
            (view.t("selling-failures"), html! { (view.count(seller.business_failures)) }),
        ];
        if open {
            state.push(due_fact(view, one.due_at, open, now));
        }
        page(
            view,
            &seller.name,
            &shown::certification_badge(view, one.state),
            &html! {
                (earlier(view, &one.reasons.0))
                div.columns {
                    (ui::card(Some(&view.t("selling-business")), &ui::facts(&business::facts(view, policy, one))))
                    (ui::card(Some(&view.t("selling-checks")), &html! { (ui::facts(&state)) p.small.muted { (view.t("selling-masked")) } }))
                }
                @if open { (decision(view, (&format!("/operator/sellers/business/{}", one.id), "certify", one.version), Self::FIELDS, refused)) }
            },
        )
    }

    async fn agree(by: By<'_>, id: Self::Id) -> Result<()> {
        by.sellers.certify_business_information(by.tx, by.operator, id, by.version).await.map(drop)
    }

    async fn reject(by: By<'_>, id: Self::Id, reasons: &[Reason]) -> Result<()> {
        by.sellers.reject_business_information(by.tx, by.operator, id, by.version, reasons).await.map(drop)
    }
}
