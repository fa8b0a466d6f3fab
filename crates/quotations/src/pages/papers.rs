//! The documents of an offer on the seller's desk.

use accounts::{Buyer, Member, Seller, Visit};
use axum::{extract::State, response::Response};
use base64::{Engine, prelude::BASE64_STANDARD};
use documents::{Document, Purpose};
use kernel::{
    Error, Invalid,
    id::{DocumentId, PrivateOfferId},
};
use maud::{Markup, html};
use platform::{
    Tx,
    http::{Access, Answer, Form, Once, PathParam, Problem, Routes, Upload},
};
use serde::Deserialize;
use ui::{Mistakes, View};

use super::{
    desk::{HERE, act, answered},
    typed::Typed,
};
use crate::{PrivateOffers, rules::Draft};

#[derive(Default, Deserialize)]
struct Said {
    #[serde(default)]
    document: String,
}

async fn add_document(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    upload: Upload<Said>,
) -> Result<Response, Problem> {
    let missing = ("has to be chosen first", "尚未选择文件");
    let kept = async {
        let file = upload.files.first().ok_or_else(|| Error::from(Invalid::one("document", missing)))?;
        let content = BASE64_STANDARD.encode(&file.bytes);
        let purpose = Purpose::ServiceAgreement;
        let given =
            documents::Upload { name: &file.name, purpose, content_type: &file.content_type, content: &content };
        let buyer = Buyer::try_from(Member::clone(&seller)).map_err(Error::from)?;
        let received = async { private_offers.documents.receive(&buyer, &given).await };
        once.run_after(&private_offers.app, received, async |tx, document| {
            private_offers.documents.keep(tx, &document).await?;
            let add = |draft: &mut Draft| {
                draft.documents.push(document.id);
                Ok(())
            };
            private_offers.write(tx, (&seller, id), add).await?;
            Ok(Answer::see_other(format!("{HERE}/{id}?done=saved")))
        })
        .await
    };
    let done = kept.await;
    answered(&private_offers, (&visit.view, &seller, id), (done, &Typed::default())).await
}

async fn remove_document(
    State(private_offers): State<PrivateOffers>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<PrivateOfferId>,
    once: Once,
    Form(Said { document }): Form<Said>,
) -> Result<Response, Problem> {
    let gone: Option<DocumentId> = document.parse().ok();
    let remove = async |tx: &mut Tx| {
        let out = |draft: &mut Draft| {
            draft.documents.retain(|document| Some(*document) != gone);
            Ok(())
        };
        private_offers.take_out(tx, (&seller, id), out).await
    };
    act(&private_offers, (&visit.view, &seller, id), once, ("saved", &Typed::default()), remove).await
}

pub(super) fn documents_card(
    view: &View,
    here: &str,
    (documents, files): (&[Document], &(Vec<String>, u32)),
    mistakes: &Mistakes,
) -> Markup {
    let (endings, most) = files;
    let most = view.size(i64::from(*most));
    let hint = view.ta("offer-document-hint", &[("kinds", endings.join(" ").into()), ("most", most.into())]);
    ui::card(
        Some(&view.t("offer-documents")),
        &html! {
            p.muted { (view.t("offer-documents-hint")) }
            ul.plain {
                @for document in documents {
                    li.spread {
                        span { a href={ "/documents/" (document.id) } download { (document.name) } " " span.small.muted { (view.size(document.size)) } }
                        (ui::form(view, &format!("{here}/documents/remove"), &html! {
                            button.button.quiet name="document" value=(document.id) type="submit" { (view.t("offer-remove")) span.unseen { " " (document.name) } }
                        }))
                    }
                }
            }
            (ui::upload_form(view, &format!("{here}/documents"), &html! {
                (ui::file_drop(view, "document", &view.t("offer-document-file"), &endings.join(","), &hint, mistakes))
                div.row { button.button type="submit" { (view.t("offer-document-add")) } }
            }))
        },
    )
}

pub(super) fn routes(private_offers: &PrivateOffers) -> Routes {
    Routes::of(private_offers.clone())
        .form("/seller/private-offers/{private_offer}/documents", add_document, Access::Seller)
        .form("/seller/private-offers/{private_offer}/documents/remove", remove_document, Access::Seller)
        .done()
}
