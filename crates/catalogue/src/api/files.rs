//! Catalogue as code, and files of many listings.

use std::collections::BTreeMap;

use accounts::{Permission, Seller};
use axum::{Json, extract::State, response::Response};
use documents::Purpose;
use kernel::{
    Invalid, Localized, Page, PageQuery, Timestamp,
    id::{DocumentId, ImportId, ProductId, RevisionId},
};
use platform::{
    http::{Access, Answer, Body, Once, Op, PathParam, Problem, Query, Reply, Routes},
    search::apart,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    Catalogue,
    actions::{
        Exported, Incoming, Needed, OnDrift, Outcome, Papers, Planned, Sent, TableForm, TakenFile, Then, given_up,
    },
    rules::{Change, FileError, template_rows},
    store::{Import, ImportLine, ImportState},
};

/// One product in a file.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FileJson {
    /// Its path in the folder of all files, with slashes.
    #[schema(max_length = 300)]
    path: String,
    /// Its text, in TOML.
    content: String,
}

/// Files of listings, and what lies beside them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "files": [{"path": "log-lens.toml", "content": "key = \"log-lens\"\nname = { en = \"Log Lens\", zh = \"日志透镜\" }\nagreement = \"files/agreement.pdf\"\n"}],
    "documents": {"files/agreement.pdf": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
    "then": "submit"
}))]
struct FilesJson {
    #[schema(min_items = 1, max_items = 200)]
    files: Vec<FileJson>,
    /// Of each document that the files name: its path in the folder, and the SHA-256 of its bytes in hexadecimal.
    #[serde(default)]
    documents: BTreeMap<String, String>,
    /// `submit` unless told: `draft` takes incomplete listings too and submits nothing.
    #[serde(default = "submit")]
    then: Then,
    /// When a product was changed on the site since: `stop` unless told.
    #[serde(default = "stop")]
    on_drift: OnDrift,
}

fn submit() -> Then {
    Then::Submit
}

fn stop() -> OnDrift {
    OnDrift::Stop
}

const FILES_MAX: usize = 200;

impl FilesJson {
    fn check(&self) -> Result<(), Invalid> {
        let mut wrong = Invalid::default();
        let count = (
            format!("must be from 1 to {FILES_MAX}; send the rest by itself"),
            format!("须为 1 到 {FILES_MAX} 个，其余可分批发送"),
        );
        wrong.check((1..=FILES_MAX).contains(&self.files.len()), "files", count);
        for (index, file) in self.files.iter().enumerate() {
            wrong.length(&file.path, 1, 300, format!("files[{index}].path"));
        }
        for (path, sha256) in &self.documents {
            let hint = ("must be a SHA-256 in small hexadecimal letters", "须为小写十六进制的 SHA-256");
            let fits = sha256.len() == 64 && sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
            wrong.check(fits, format!("documents.{path}"), hint);
        }
        wrong.done()
    }

    fn sent(&self) -> Vec<Sent<'_>> {
        self.files.iter().map(|file| Sent { path: &file.path, content: &file.content }).collect()
    }
}

/// What the files would change, or have changed.
#[derive(Debug, Serialize, ToSchema)]
struct PlanJson {
    items: Vec<PlanItem>,
}

/// What one file would change, or has changed.
#[derive(Debug, Serialize, ToSchema)]
struct PlanItem {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<ProductId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<Localized>,
    outcome: Outcome,
    /// The draft on the site beside the file, field by field; empty for a new product.
    changes: Vec<Change>,
    /// Which review it needs.
    review: Needed,
    /// Two reviewers have to approve.
    needs_second: bool,
    /// What has to be handed in before it can be applied.
    missing: Vec<MissingJson>,
    /// Why it is refused, or was not submitted.
    errors: Vec<FileError>,
    /// The revision that was submitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    revision: Option<RevisionId>,
}

/// A document to hand in: `POST /api/v1/documents` with this purpose.
#[derive(Debug, Serialize, ToSchema)]
struct MissingJson {
    path: String,
    purpose: String,
}

impl From<Vec<Planned>> for PlanJson {
    fn from(planned: Vec<Planned>) -> Self {
        let missing = |(path, purpose): (String, Purpose)| MissingJson { path, purpose: purpose.to_string() };
        let item = |one: Planned| PlanItem {
            path: one.path,
            key: one.key,
            product: one.product,
            name: one.name,
            outcome: one.outcome,
            changes: one.changes,
            review: one.review,
            needs_second: one.needs_second,
            missing: one.missing.into_iter().map(missing).collect(),
            errors: one.errors,
            revision: one.revision,
        };
        Self { items: planned.into_iter().map(item).collect() }
    }
}

/// A product as a file.
#[derive(Debug, Serialize, ToSchema)]
struct ExportedJson {
    path: String,
    key: String,
    product: ProductId,
    content: String,
    /// The documents that it names; their bytes are at `/api/v1/documents/{document}/content`.
    documents: Vec<ExportedDocument>,
}

#[derive(Debug, Serialize, ToSchema)]
struct ExportedDocument {
    path: String,
    document: DocumentId,
    size: i64,
    sha256: String,
}

impl From<Exported> for ExportedJson {
    fn from(exported: Exported) -> Self {
        let Exported { key, product, content, documents } = exported;
        let document = |(path, document): (String, documents::Document)| ExportedDocument {
            path,
            document: document.id,
            size: document.size,
            sha256: document.sha256,
        };
        let documents = documents.into_iter().map(document).collect();
        Self { path: format!("{key}.toml"), key, product, content, documents }
    }
}

/// A file of many listings.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "spring.csv", "format": "csv", "content": "key,name.en,name.zh\nlog-lens,Log Lens,日志透镜\n", "then": "draft"}))]
struct ImportRequest {
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// `csv`: a line for each product, a column for each field, named by its path. `toml`: products below `[[products]]`.
    format: TableForm,
    content: String,
    /// `draft` unless told.
    #[serde(default = "draft")]
    then: Then,
}

fn draft() -> Then {
    Then::Draft
}

/// How far an import is.
#[derive(Debug, Serialize, ToSchema)]
struct ImportJson {
    id: ImportId,
    name: String,
    state: ImportState,
    /// How many products the file holds.
    lines: i64,
    done: i64,
    created: i64,
    changed: i64,
    /// They were on the site as the file says.
    unchanged: i64,
    refused: i64,
    begun_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// Why it was given up; the same file can be imported again.
    #[serde(skip_serializing_if = "Option::is_none")]
    trouble: Option<Localized>,
}

impl From<Import> for ImportJson {
    fn from(import: Import) -> Self {
        let trouble = (import.state == ImportState::Failed).then(|| given_up(&import));
        let Import {
            id,
            account_id: _,
            user_id: _,
            name,
            state,
            submits: _,
            lines,
            done,
            created,
            changed,
            unchanged,
            ..
        } = import;
        let Import { refused, begun_at, ended_at, .. } = import;
        Self { id, name, state, lines, done, created, changed, unchanged, refused, begun_at, ended_at, trouble }
    }
}

/// A line that was refused, or whose product was written and not submitted.
#[derive(Debug, Serialize, ToSchema)]
struct RefusedLine {
    line: i64,
    key: String,
    /// The draft, if it was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    product: Option<ProductId>,
    errors: Vec<FileError>,
}

impl From<ImportLine> for RefusedLine {
    fn from(line: ImportLine) -> Self {
        Self { line: line.line, key: line.key, product: line.product_id, errors: line.errors.0 }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct RefusedLines {
    items: Vec<RefusedLine>,
    /// Pass it as `after` to read on; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<i64>,
}

/// From which line on.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct AfterQuery {
    /// The `next_after` of the page before.
    after: Option<i64>,
}

const REFUSED_PAGE: u32 = 200;

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    let seller = |summary| Op::does(Access::Seller, summary);
    Routes::of(catalogue.clone())
        .get(
            "/api/v1/seller/catalogue/export",
            export,
            seller("Read the products as files").query::<PageQuery>().gives::<Page<ExportedJson>>(200),
        )
        .post(
            "/api/v1/seller/catalogue/plan",
            plan,
            seller("See what files would change, and which review that needs; nothing is changed")
                .takes::<FilesJson>()
                .gives::<PlanJson>(200),
        )
        .post(
            "/api/v1/seller/catalogue/apply",
            apply,
            seller("Write the products as files say and submit them; what is refused does not keep the others")
                .takes::<FilesJson>()
                .gives::<PlanJson>(200),
        )
        .get(
            "/api/v1/seller/catalogue/imports",
            imports,
            seller("List the imports").query::<PageQuery>().gives::<Page<ImportJson>>(200),
        )
        .post(
            "/api/v1/seller/catalogue/imports",
            begin,
            seller("Import a file of many listings; a job writes them")
                .takes::<ImportRequest>()
                .gives::<ImportJson>(201),
        )
        .get(
            "/api/v1/seller/catalogue/imports/{import}",
            import,
            seller("See how far an import is").gives::<ImportJson>(200),
        )
        .get(
            "/api/v1/seller/catalogue/imports/{import}/refused",
            refused,
            seller("Read why lines of an import were refused").query::<AfterQuery>().gives::<RefusedLines>(200),
        )
        .get(
            "/api/v1/seller/catalogue/template",
            template,
            seller("Download a table to begin with").gives_text("text/csv"),
        )
        .done()
}

async fn export(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<ExportedJson>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    Ok(Json(catalogue.export_files(&mut catalogue.app.db.read(), &seller, page).await?.map(ExportedJson::from)))
}

async fn plan(State(catalogue): State<Catalogue>, seller: Seller, Body(input): Body<FilesJson>) -> Reply<PlanJson> {
    input.check().map_err(kernel::Error::from)?;
    let papers = Papers::ByContent(&input.documents);
    let sent = input.sent();
    let planned = catalogue.plan_files(&mut catalogue.app.db.read(), &seller, (&sent, &papers), input.then).await?;
    Ok(Json(planned.into()))
}

async fn apply(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    once: Once,
    Body(input): Body<FilesJson>,
) -> Result<Answer, Problem> {
    input.check().map_err(kernel::Error::from)?;
    once.run(&catalogue.app, async |tx| {
        let papers = Papers::ByContent(&input.documents);
        let sent = input.sent();
        let done = catalogue.apply_files(tx, &seller, (&sent, &papers), (input.then, input.on_drift)).await?;
        Ok(Answer::ok(&PlanJson::from(done)))
    })
    .await
}

async fn imports(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Reply<Page<ImportJson>> {
    let page = page.checked().map_err(kernel::Error::from)?;
    Ok(Json(catalogue.imports(&mut catalogue.app.db.read(), &seller, page).await?.map(ImportJson::from)))
}

async fn begin(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    once: Once,
    Body(input): Body<ImportRequest>,
) -> Result<Answer, Problem> {
    seller.may(Permission::List).map_err(kernel::Error::from)?;
    let ImportRequest { name, format, content, then } = input;
    let taken = apart(move || {
        let sent = Incoming { name: &name, form: format, content: &content, then };
        Ok(TakenFile::read(&sent)?)
    })
    .await?;
    once.run(&catalogue.app, async |tx| {
        Ok(Answer::created(&ImportJson::from(catalogue.begin_import(tx, &seller, &taken).await?)))
    })
    .await
}

async fn import(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ImportId>,
) -> Reply<ImportJson> {
    Ok(Json(catalogue.import(&mut catalogue.app.db.read(), &seller, id).await?.into()))
}

async fn refused(
    State(catalogue): State<Catalogue>,
    seller: Seller,
    PathParam(id): PathParam<ImportId>,
    Query(page): Query<AfterQuery>,
) -> Reply<RefusedLines> {
    let part = (page.after.unwrap_or(-1), REFUSED_PAGE);
    let (_, lines) = catalogue.refused_lines(&mut catalogue.app.db.read(), &seller, id, part).await?;
    let full = lines.len() == REFUSED_PAGE as usize;
    let next_after = lines.last().map(|line| line.line).filter(|_| full);
    Ok(Json(RefusedLines { items: lines.into_iter().map(RefusedLine::from).collect(), next_after }))
}

async fn template(_seller: Seller) -> Result<Response, Problem> {
    let (titles, rows) = template_rows();
    Ok(ui::csv_file("catalogue", &titles, &rows))
}
