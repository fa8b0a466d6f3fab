//! Documents over JSON: upload in base64, download as an attachment.

use accounts::{Buyer, Member};
use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use kernel::{Page, PageQuery, Timestamp, id::DocumentId};
use platform::http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Document, Documents, Purpose,
    rules::{Upload, attachment},
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UploadDocument {
    /// A file name without a path; its ending says what the file is.
    #[schema(min_length = 3, max_length = 120, example = "business-licence.pdf")]
    name: String,
    purpose: Purpose,
    #[schema(example = "application/pdf")]
    content_type: String,
    /// The file's bytes in standard base64.
    #[schema(content_encoding = "base64", example = "JVBERi0xLjcK")]
    content: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DocumentJson {
    id: DocumentId,
    name: String,
    purpose: Purpose,
    media_type: String,
    /// In bytes.
    size: i64,
    sha256: String,
    uploaded_at: Timestamp,
}

impl From<Document> for DocumentJson {
    fn from(document: Document) -> Self {
        let Document {
            id,
            account_id: _,
            uploaded_by: _,
            name,
            purpose,
            media_type,
            size,
            sha256,
            uploaded_at,
            incoming: _,
        } = document;
        Self { id, name, purpose, media_type, size, sha256, uploaded_at }
    }
}

pub(crate) fn routes(documents: &Documents) -> Routes {
    let upload = Op::does(Access::Buyer, "Upload a document").takes::<UploadDocument>().gives::<DocumentJson>(201);
    let list = Op::does(Access::Buyer, "List your documents").query::<PageQuery>().gives::<Page<DocumentJson>>(200);
    let show = Op::does(Access::SignedIn, "Look up a document").gives::<DocumentJson>(200);
    let content = Op::does(Access::SignedIn, "Download a document").gives_text("application/octet-stream");
    Routes::of(documents.clone())
        .post("/api/v1/documents", self::upload, upload)
        .get("/api/v1/documents", self::list, list)
        .get("/api/v1/documents/{document}", self::show, show)
        .get("/api/v1/documents/{document}/content", self::content, content)
        .done()
}

async fn upload(
    State(documents): State<Documents>,
    buyer: Buyer,
    once: Once,
    Body(input): Body<UploadDocument>,
) -> Result<Answer, Problem> {
    let UploadDocument { name, purpose, content_type, content } = &input;
    let upload = Upload { name, purpose: *purpose, content_type, content };
    once.run_after(&documents.app, documents.receive(&buyer, &upload), async |tx, document| {
        documents.keep(tx, &document).await?;
        Ok(Answer::created(&DocumentJson::from(document)))
    })
    .await
}

async fn list(
    State(documents): State<Documents>,
    buyer: Buyer,
    Query(page): Query<PageQuery>,
) -> Reply<Page<DocumentJson>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    Ok(Json(documents.list(&mut documents.app.db.read(), &buyer, page).await?.map(DocumentJson::from)))
}

async fn show(
    State(documents): State<Documents>,
    member: Member,
    PathParam(id): PathParam<DocumentId>,
) -> Reply<DocumentJson> {
    Ok(Json(documents.view(&mut documents.app.db.read(), &member, id).await?.into()))
}

async fn content(
    State(documents): State<Documents>,
    member: Member,
    PathParam(id): PathParam<DocumentId>,
) -> Result<Response, Problem> {
    let (document, bytes) = documents.read(&member, id).await?;
    Ok(download(&document, bytes))
}

/// The bytes of a document as an attachment, which browsers save and never show.
pub fn download(document: &Document, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&document.name)),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned()),
        (header::CACHE_CONTROL, "private, no-store".to_owned()),
    ];
    (headers, bytes).into_response()
}

/// A picture that pages show. Its bytes never change, and they were drawn here; see [`crate::Purpose::is_picture`].
pub fn picture(document: &Document, bytes: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, document.media_type.clone()),
        (header::CONTENT_DISPOSITION, "inline".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::CONTENT_SECURITY_POLICY, "sandbox; default-src 'none'".to_owned()),
        (header::CACHE_CONTROL, "private, max-age=31536000, immutable".to_owned()),
    ];
    (headers, bytes).into_response()
}
