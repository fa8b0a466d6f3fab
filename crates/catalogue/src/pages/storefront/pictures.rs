//! Logos and screenshots.

use accounts::Visit;
use axum::{extract::State, response::Response};
use kernel::id::DocumentId;
use platform::http::{Access, PathParam, Problem, Routes};

use crate::Catalogue;

async fn picture(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    PathParam(id): PathParam<DocumentId>,
) -> Result<Response, Problem> {
    let (document, bytes) = catalogue.picture(visit.member.as_ref(), id).await?;
    Ok(documents::picture(&document, bytes))
}

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone()).page("/pictures/{document}", picture, Access::Public).done()
}
