//! An application to become a seller.

use accounts::{Account, Operator};
use documents::Document;
use kernel::{Result, Timestamp, id::SellerApplicationId};
use maud::html;
use ui::{Page, Tone, View};

use super::{By, Case, Refused, decision, earlier, page};
use crate::{
    Application, ApplicationState, Reason, Sellers,
    pages::{queues::due_fact, shown},
    rules::normalised,
};

pub(super) struct Applied {
    application: Application,
    account: Account,
    licence: Option<Document>,
}

impl Case for Applied {
    type Id = SellerApplicationId;

    const LIST: &'static str = "/operator/sellers";
    const AGREED: &'static str = "seller-admitted";
    const FIELDS: &'static [&'static str] = policy::APPLICATION_FIELDS;

    async fn find(sellers: &Sellers, operator: &Operator, id: Self::Id) -> Result<Self> {
        let mut tx = sellers.app.db.read();
        let application = sellers.application_for_review(&mut tx, operator, id).await?;
        let account = sellers.accounts.find(&mut tx, application.account_id).await?;
        let licence = sellers.shown_document(&mut tx, operator, application.form.business_licence).await?;
        Ok(Self { application, account, licence })
    }

    fn page(&self, view: &View, now: Timestamp, refused: Option<&Refused<'_>>) -> Page {
        let Self { application, account, licence } = self;
        let open = application.state == ApplicationState::Submitted;
        let title = shown::told(&application.form, "company_name");
        let verified = account.verified_name.clone().unwrap_or_default();
        let same = account.verified && normalised(&verified) == normalised(&title);
        let fact = |field: &'static str| {
            let value = match licence {
                Some(document) if field == "business_licence" => shown::document(view, document),
                Some(_) | None => shown::value(view, field, &shown::told(&application.form, field)),
            };
            (view.word("selling-field", field), value)
        };
        let mut state = Vec::new();
        state.extend(application.submitted_at.map(|at| (view.t("selling-submitted-at"), view.time(at))));
        state.extend(application.due_at.map(|at| due_fact(view, at, open, now)));
        state.extend(application.decided_at.map(|at| (view.t("selling-decided-at"), view.time(at))));
        state.push((view.t("selling-verified-name"), html! {
            span.row { (verified) @if same { (ui::badge(Tone::Good, &view.t("selling-name-same"))) } @else { (ui::badge(Tone::Bad, &view.t("selling-name-differs"))) } }
        }));
        page(
            view,
            &title,
            &shown::application_badge(view, application.state),
            &html! {
                (earlier(view, &application.reasons.0))
                div.columns {
                    (ui::card(Some(&view.t("selling-application-facts")), &ui::facts(&state)))
                    (ui::card(Some(&view.t("selling-papers")), &html! {
                        @if let Some(document) = licence { p { (shown::document(view, document)) } } @else { p.muted { (view.t("selling-papers-none")) } }
                    }))
                }
                (ui::card(Some(&view.t("selling-told")), &ui::facts(&Self::FIELDS.iter().map(|field| fact(field)).collect::<Vec<_>>())))
                @if open { (decision(view, (&format!("/operator/sellers/applications/{}", application.id), "approve", application.version), Self::FIELDS, refused)) }
            },
        )
    }

    async fn agree(by: By<'_>, id: Self::Id) -> Result<()> {
        by.sellers.approve_application(by.tx, by.operator, id, by.version).await.map(drop)
    }

    async fn reject(by: By<'_>, id: Self::Id, reasons: &[Reason]) -> Result<()> {
        by.sellers.reject_application(by.tx, by.operator, id, by.version, reasons).await.map(drop)
    }
}
