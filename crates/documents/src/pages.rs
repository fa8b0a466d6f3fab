//! Documents with a browser: the same download under an address that links can name.

mod reviews;
mod verification;

use accounts::Member;
use axum::{extract::State, response::Response};
use kernel::id::DocumentId;
use platform::http::{Access, PathParam, Problem, Routes};

use crate::{Documents, download};

pub(crate) fn routes(documents: &Documents) -> Routes {
    Routes::of(documents.clone())
        .page("/documents/{document}", content, Access::SignedIn)
        .done()
        .and(verification::routes(documents))
        .and(reviews::routes(documents))
}

async fn content(
    State(documents): State<Documents>,
    member: Member,
    PathParam(id): PathParam<DocumentId>,
) -> Result<Response, Problem> {
    let (document, bytes) = documents.read(&member, id).await?;
    Ok(download(&document, bytes))
}
