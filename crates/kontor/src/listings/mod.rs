//! Catalogue as code, on the command line: a folder of files on one side, a running site on the other.

mod folder;
mod site;

use std::{fmt::Write as _, path::Path};

use anyhow::{Context, bail};
use serde_json::{Value, json};

use folder::Folder;
pub use site::Site;

/// What is printed, and how the program ends.
pub struct Done {
    pub report: String,
    pub code: u8,
}

/// Nothing is left to do.
const FINE: u8 = 0;
/// Something was refused.
const REFUSED: u8 = 1;
/// There is something to apply.
const CHANGES: u8 = 2;
/// Products were changed on the site since their files were written.
const DRIFT: u8 = 3;

/// How files are applied.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    /// Save drafts, also incomplete ones, and submit nothing.
    pub draft: bool,
    /// Write over what was changed on the site, or in the folder.
    pub overwrite: bool,
    /// A plan with changes ends with code 2.
    pub detailed: bool,
    pub print: Print,
}

/// How a report is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Print {
    #[default]
    Lines,
    Json,
}

impl Wish {
    fn then(self) -> &'static str {
        if self.draft { "draft" } else { "submit" }
    }
}

/// Writes every product of the account as a file, with the documents that it names.
pub async fn export(site: &Site, folder: &Path, wish: Wish) -> anyhow::Result<Done> {
    let (mut written, mut kept, mut held) = (0_usize, 0_usize, Vec::new());
    let mut cursor: Option<String> = None;
    loop {
        let after = cursor.map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        let page = site.get(&format!("/api/v1/seller/catalogue/export?limit=100{after}")).await?;
        for product in page["items"].as_array().into_iter().flatten() {
            for document in product["documents"].as_array().into_iter().flatten() {
                save_document(site, folder, document).await?;
            }
            let (path, content) = (text(product, "path")?, text(product, "content")?);
            match folder::save(folder, path, content.as_bytes(), wish.overwrite)? {
                folder::Saved::Written => written += 1,
                folder::Saved::Same => kept += 1,
                folder::Saved::Differs => held.push(path.to_owned()),
            }
        }
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    let mut report = format!("{written} files written, {kept} unchanged.\n");
    for path in &held {
        let _ = writeln!(report, "! {path} differs from the site and was left alone; say --overwrite to replace it");
    }
    Ok(Done { report, code: if held.is_empty() { FINE } else { DRIFT } })
}

async fn save_document(site: &Site, folder: &Path, document: &Value) -> anyhow::Result<()> {
    let (path, sha256) = (text(document, "path")?, text(document, "sha256")?);
    if folder::has(folder, path, sha256)? {
        return Ok(());
    }
    let bytes = site.bytes(&format!("/api/v1/documents/{}/content", text(document, "document")?)).await?;
    folder::save(folder, path, &bytes, true)?;
    Ok(())
}

/// Shows what the files would change.
pub async fn plan(site: &Site, folder: &Path, wish: Wish) -> anyhow::Result<Done> {
    let folder = Folder::read(folder)?;
    let items = planned(site, &folder, wish).await?;
    let refused = with(&items, "refused").count();
    let drifted = with(&items, "drifted").count();
    let changes = items.iter().any(is_change);
    let code = match (refused, drifted) {
        (1.., _) => REFUSED,
        (0, 1..) => DRIFT,
        (0, 0) if changes && wish.detailed => CHANGES,
        (0, 0) => FINE,
    };
    Ok(Done { report: report(&items, wish, Tense::Would)?, code })
}

async fn planned(site: &Site, folder: &Folder, wish: Wish) -> anyhow::Result<Vec<Value>> {
    let mut items = Vec::new();
    for batch in folder.batches() {
        let body = json!({ "files": batch, "documents": folder.documents, "then": wish.then() });
        let answer = site.post("/api/v1/seller/catalogue/plan", &body).await?;
        items.extend(answer["items"].as_array().cloned().unwrap_or_default());
    }
    Ok(items)
}

fn is_change(item: &Value) -> bool {
    matches!(item["outcome"].as_str(), Some("created" | "changed"))
        || matches!(item["review"].as_str(), Some("first" | "change"))
}

/// Writes the products as the files say and submits them. Drift stops everything before anything is changed.
pub async fn apply(site: &Site, folder: &Path, wish: Wish) -> anyhow::Result<Done> {
    let folder = Folder::read(folder)?;
    let items = planned(site, &folder, wish).await?;
    if !wish.overwrite && with(&items, "drifted").next().is_some() {
        let mut report = report(&items, wish, Tense::Would)?;
        report.push_str("Nothing was applied: export the drifted products again, or say --overwrite.\n");
        return Ok(Done { report, code: DRIFT });
    }
    hand_in(site, &folder, &items).await?;
    let mut done = Vec::new();
    let on_drift = if wish.overwrite { "overwrite" } else { "stop" };
    for batch in folder.batches() {
        let body = json!({ "files": batch, "documents": folder.documents, "then": wish.then(), "on_drift": on_drift });
        let answer = site.post("/api/v1/seller/catalogue/apply", &body).await?;
        done.extend(answer["items"].as_array().cloned().unwrap_or_default());
    }
    let failed = done.iter().any(|item| item["errors"].as_array().is_some_and(|errors| !errors.is_empty()));
    Ok(Done { report: report(&done, wish, Tense::Did)?, code: if failed { REFUSED } else { FINE } })
}

/// Uploads the documents that files name and the site does not have.
async fn hand_in(site: &Site, folder: &Folder, items: &[Value]) -> anyhow::Result<()> {
    let mut sent = std::collections::BTreeSet::new();
    for missing in items.iter().flat_map(|item| item["missing"].as_array().into_iter().flatten()) {
        let (path, purpose) = (text(missing, "path")?, text(missing, "purpose")?);
        if sent.insert((path, purpose)) {
            let body = folder.upload(path, purpose)?;
            site.post("/api/v1/documents", &body).await.with_context(|| format!("{path} could not be handed in"))?;
        }
    }
    Ok(())
}

fn with<'i>(items: &'i [Value], outcome: &'static str) -> impl Iterator<Item = &'i Value> {
    items.iter().filter(move |item| item["outcome"] == outcome)
}

fn text<'v>(value: &'v Value, field: &str) -> anyhow::Result<&'v str> {
    value[field].as_str().with_context(|| format!("the site's answer has no {field}; is it of another version?"))
}

/// Whether the report tells what would be done or what was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tense {
    Would,
    Did,
}

fn report(items: &[Value], wish: Wish, tense: Tense) -> anyhow::Result<String> {
    if wish.print == Print::Json {
        return Ok(serde_json::to_string_pretty(&json!({ "items": items }))? + "\n");
    }
    let mut out = String::new();
    for item in items {
        one(&mut out, item, tense);
    }
    let count = |outcome| with(items, outcome).count();
    let (created, changed, same) = (count("created"), count("changed"), count("unchanged"));
    let reviews = items.iter().filter(|item| matches!(item["review"].as_str(), Some("first" | "change"))).count();
    let _ = match tense {
        Tense::Would => writeln!(
            out,
            "Plan: {created} to create, {changed} to change, {same} unchanged, {} drifted, {} refused; {reviews} to review.",
            count("drifted"),
            count("refused")
        ),
        Tense::Did => {
            let submitted = items.iter().filter(|item| item["revision"].is_string()).count();
            let over = count("drifted");
            writeln!(
                out,
                "Applied: {created} created, {changed} changed, {over} overwritten, {same} unchanged, {} refused; {submitted} submitted.",
                count("refused")
            )
        }
    };
    Ok(out)
}

fn one(out: &mut String, item: &Value, tense: Tense) {
    let outcome = item["outcome"].as_str().unwrap_or_default();
    let mark = match outcome {
        "created" => '+',
        "changed" => '~',
        "drifted" => '!',
        "refused" => 'x',
        _ => '=',
    };
    let review = match item["review"].as_str().unwrap_or_default() {
        "first" => ", needs its first review",
        "change" => ", needs a review of the change",
        "waiting" => ", is in review",
        "blocked" => ", another version is in review: withdraw it first",
        _ => "",
    };
    let two = if item["needs_second"] == true { " by two reviewers" } else { "" };
    let path = item["path"].as_str().unwrap_or_default();
    let key = item["key"].as_str().unwrap_or(path);
    let _ = writeln!(out, "{mark} {key}: {outcome}{review}{two}");
    let changes = item["changes"].as_array().into_iter().flatten();
    for change in changes.filter(|_| tense == Tense::Would) {
        let (before, after) = (short(&change["before"]), short(&change["after"]));
        let _ = writeln!(out, "    {}: {before} -> {after}", change["path"].as_str().unwrap_or_default());
    }
    for missing in item["missing"].as_array().into_iter().flatten().filter(|_| tense == Tense::Would) {
        let _ = writeln!(out, "    uploads {}", missing["path"].as_str().unwrap_or_default());
    }
    for wrong in item["errors"].as_array().into_iter().flatten() {
        let line = wrong["line"].as_u64().map_or_else(String::new, |line| format!(":{line}"));
        let field = wrong["field"].as_str().filter(|field| !field.is_empty());
        let field = field.map_or_else(String::new, |field| format!("{field} "));
        let _ = writeln!(out, "    {path}{line}: {field}{}", wrong["message"]["en"].as_str().unwrap_or_default());
    }
}

/// A value on one short line.
fn short(value: &Value) -> String {
    const MOST: usize = 60;
    if value.is_null() {
        return "nothing".to_owned();
    }
    let whole = value.to_string();
    if whole.chars().count() <= MOST { whole } else { whole.chars().take(MOST).collect::<String>() + "…" }
}

/// The token: of the environment, or of a file of its own.
pub fn token(file: Option<&Path>) -> anyhow::Result<String> {
    let token = match file {
        Some(file) => std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?,
        None => {
            std::env::var("KONTOR_TOKEN").context("name the token in KONTOR_TOKEN, or its file with --token-file")?
        }
    };
    let token = token.trim().to_owned();
    if token.is_empty() {
        bail!("the token is empty");
    }
    Ok(token)
}
