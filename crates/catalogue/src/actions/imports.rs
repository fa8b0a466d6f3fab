//! Many listings from one file: read at once, written by a job in pieces, with a report of every line that was refused.

use std::collections::BTreeSet;

use accounts::{Permission, Seller};
use kernel::{Error, Event, Invalid, Localized, Page, Refusal, Result, Thing, choices, id::ImportId, page::PageOf};
use messages::Topic;
use platform::{Tx, jobs};
use sqlx::types::Json;

use super::{
    exports::Papers,
    files::{Author, Outcome, Planned, Then},
};
use crate::{
    Catalogue,
    rules::{FileError, IMPORT_MB_MAX, LINES_MAX, Written, read_many, read_table},
    store::{self, Import, ImportLine, ImportState, LineOutcome},
};

choices! {
    /// How a file of many listings is written.
    pub(crate) enum TableForm { Csv = "csv", Toml = "toml" }
}

/// So many lines are written in one transaction: short enough that others get their turn in between.
const PIECE: u32 = 50;
/// Imports of one account that run at the same time: each has a place of its own.
const RUNNING_MAX: i64 = 2;

/// Why a file is not imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ImportRefused {
    #[error("{RUNNING_MAX} imports of your account are running; wait until one of them has ended")]
    Running,
}

impl Refusal for ImportRefused {
    fn code(&self) -> &'static str {
        match self {
            Self::Running => "import.running",
        }
    }
    fn text(&self) -> Localized {
        let zh = match self {
            Self::Running => format!("已有 {RUNNING_MAX} 个导入正在进行，须等其中一个结束"),
        };
        Localized::new(self.to_string(), zh)
    }
    fn status(&self) -> u16 {
        409
    }
}

/// A file as it was sent.
pub(crate) struct Incoming<'f> {
    pub(crate) name: &'f str,
    pub(crate) form: TableForm,
    pub(crate) content: &'f str,
    pub(crate) then: Then,
}

/// A file that was read: what of it is refused, and what a job will write.
pub(crate) struct TakenFile {
    name: String,
    lines: Vec<ImportLine>,
    then: Then,
}

impl TakenFile {
    /// Reads a file. It takes its time, so that no transaction is open meanwhile.
    pub(crate) fn read(sent: &Incoming<'_>) -> Result<Self, Invalid> {
        let mut wrong = Invalid::default();
        wrong.length(sent.name, 1, 120, "name");
        let most = IMPORT_MB_MAX;
        let size = (
            format!("may have at most {most} MB; send the rest in a file of its own"),
            format!("不能超过 {most} MB，其余可另存为一个文件分批导入"),
        );
        wrong.check(sent.content.len() <= most * 1_000_000, "content", size);
        wrong.done()?;
        Ok(Self { name: sent.name.trim().to_owned(), lines: lines_of(sent.form, sent.content)?, then: sent.then })
    }
}

/// What is said of an import that was given up. What went wrong is ours, and the operator's to read.
pub(crate) fn given_up(import: &Import) -> Localized {
    let Import { done, lines, .. } = import;
    Localized::new(
        format!(
            "Something on our side went wrong after {done} of {lines} products, and the operator was told. What was written is \
             kept; import the same file again to go on."
        ),
        format!(
            "处理了 {done} 个商品（共 {lines} 个）后系统出现问题，运营人员已收到通知。已写入的商品不受影响，重新导入同一文件即可继续。"
        ),
    )
}

/// Reads a file into lines; those that cannot be read are refused at once.
fn lines_of(form: TableForm, content: &str) -> Result<Vec<ImportLine>, Invalid> {
    let rows = match form {
        TableForm::Csv => read_table(content),
        TableForm::Toml => read_many(content).map_err(|wrong| vec![wrong]),
    };
    let rows = rows.map_err(|wrong| {
        let field = |wrong: FileError| {
            let line = wrong.line.map_or_else(String::new, |line| format!("line {line} "));
            let line_zh = wrong.line.map_or_else(String::new, |line| format!("第 {line} 行 "));
            let Localized { en, zh } = wrong.message;
            let place = if wrong.field.is_empty() { "content".to_owned() } else { wrong.field };
            kernel::FieldError {
                field: place,
                message: Localized::new(format!("{line}{en}"), format!("{line_zh}{zh}")),
            }
        };
        Invalid(wrong.into_iter().take(100).map(field).collect())
    })?;
    let mut wrong = Invalid::default();
    let hint = (
        format!("must hold from 1 to {LINES_MAX} products; it has {}", rows.len()),
        format!("须有 1 到 {LINES_MAX} 个商品，现有 {} 个", rows.len()),
    );
    wrong.check((1..=LINES_MAX).contains(&rows.len()), "content", hint);
    wrong.done()?;
    let mut keys = BTreeSet::new();
    let lines: Vec<ImportLine> = rows.into_iter().map(|row| line_of(row, &mut keys)).collect();
    // The report names products by their lines.
    let mut wrong = Invalid::default();
    let mut known = BTreeSet::new();
    for ImportLine { line, .. } in &lines {
        let twice = (
            format!("line {line} holds two products; write each on lines of its own"),
            format!("第 {line} 行写了两个商品，须各占一行"),
        );
        wrong.check(known.insert(*line), "content", twice);
    }
    wrong.done()?;
    Ok(lines)
}

fn line_of(row: Result<Written, FileError>, keys: &mut BTreeSet<String>) -> ImportLine {
    let number = |line: Option<u64>| line.and_then(|line| i64::try_from(line).ok()).unwrap_or_default();
    let refused = |key: String, wrong: FileError| ImportLine {
        line: number(wrong.line),
        key,
        outcome: LineOutcome::Refused,
        product_id: None,
        listing: Json(serde_json::json!({})),
        errors: Json(vec![wrong]),
    };
    match row {
        Ok(written) if !keys.insert(written.key.clone()) => {
            let hint = ("is the key of an earlier line too", "与前面某行的代号相同");
            refused(written.key, FileError::new(Some(written.line), "key", hint))
        }
        Ok(written) => ImportLine {
            line: number(Some(written.line)),
            key: written.key,
            outcome: LineOutcome::Waiting,
            product_id: None,
            listing: Json(written.listing),
            errors: Json(Vec::new()),
        },
        Err(wrong) => refused(String::new(), wrong),
    }
}

impl Catalogue {
    /// Takes a file in that was read; a job writes its products.
    pub(crate) async fn begin_import(&self, tx: &mut Tx, seller: &Seller, taken: &TakenFile) -> Result<Import> {
        seller.may(Permission::List)?;
        let TakenFile { name, lines, then } = taken;
        let busy = store::places_taken(tx, seller.account()).await?;
        let place = (1..=RUNNING_MAX).find(|place| !busy.contains(place)).ok_or(ImportRefused::Running)?;
        let now = self.app.clock.now();
        let refused = lines.iter().filter(|line| line.outcome == LineOutcome::Refused).count();
        let refused = i64::try_from(refused).map_err(Error::fault)?;
        let import = Import {
            id: ImportId::new(now),
            account_id: seller.account(),
            user_id: seller.user(),
            name: name.clone(),
            state: ImportState::Running,
            submits: *then == Then::Submit,
            lines: i64::try_from(lines.len()).map_err(Error::fault)?,
            done: refused,
            created: 0,
            changed: 0,
            unchanged: 0,
            refused,
            begun_at: now,
            ended_at: None,
        };
        store::insert_import(tx, &import, place, lines).await?;
        let detail = serde_json::json!({ "name": import.name, "lines": import.lines, "submits": import.submits });
        self.accounts.audit(tx, seller, "catalogue.import_begun", &import.id.to_string(), &detail).await?;
        jobs::publish(tx, now, &Event::ImportDue { import: import.id }).await?;
        Ok(import)
    }

    pub(crate) async fn imports(&self, tx: &mut Tx, seller: &Seller, page: PageOf) -> Result<Page<Import>> {
        seller.may(Permission::View)?;
        store::imports_of(tx, seller.account(), page).await
    }

    pub(crate) async fn import(&self, tx: &mut Tx, seller: &Seller, id: ImportId) -> Result<Import> {
        seller.may(Permission::View)?;
        let import = store::find_import(tx, id).await?.filter(|import| import.account_id == seller.account());
        import.ok_or(Error::NotFound(Thing::Import))
    }

    /// The lines of an import that were refused, or written and not submitted; after a line, so many.
    pub(crate) async fn refused_lines(
        &self,
        tx: &mut Tx,
        seller: &Seller,
        id: ImportId,
        (after, count): (i64, u32),
    ) -> Result<(Import, Vec<ImportLine>)> {
        let import = self.import(tx, seller, id).await?;
        let lines = store::lines_refused(tx, id, after, count).await?;
        Ok((import, lines))
    }

    /// Writes the next lines of an import, and comes again for the rest.
    pub async fn on_import_due(&self, tx: &mut Tx, id: ImportId) -> Result<()> {
        let Some(import) = store::find_import(tx, id).await?.filter(|import| import.state == ImportState::Running)
        else {
            return Ok(());
        };
        let now = self.app.clock.now();
        let lines = store::lines_waiting(tx, id, PIECE).await?;
        let mut after = import.clone();
        let mut room = self.room(tx, import.account_id).await?;
        for line in &lines {
            let ended = self.import_line(tx, &import, line, &mut room).await?;
            after.done += 1;
            match ended.outcome {
                LineOutcome::Created => after.created += 1,
                LineOutcome::Changed => after.changed += 1,
                LineOutcome::Unchanged => after.unchanged += 1,
                LineOutcome::Refused | LineOutcome::Waiting => after.refused += 1,
            }
            store::end_line(tx, id, &ended).await?;
        }
        if after.done >= after.lines || lines.is_empty() {
            after.state = ImportState::Done;
            after.ended_at = Some(now);
            self.tell_of_import(tx, &after).await?;
        } else {
            jobs::publish(tx, now, &Event::ImportDue { import: id }).await?;
        }
        store::keep_progress(tx, &after, import.done).await
    }

    /// The job that writes an import failed until it was laid aside: what was written stays, the rest is never written.
    pub async fn on_import_given_up(&self, tx: &mut Tx, id: ImportId) -> Result<()> {
        let Some(import) = store::find_import(tx, id).await?.filter(|import| import.state == ImportState::Running)
        else {
            return Ok(());
        };
        let ended_at = Some(self.app.clock.now());
        let failed = Import { state: ImportState::Failed, ended_at, ..import.clone() };
        store::keep_progress(tx, &failed, import.done).await?;
        self.tell_of_failure(tx, &failed).await
    }

    async fn tell_of_failure(&self, tx: &mut Tx, import: &Import) -> Result<()> {
        let Import { id, name, .. } = import;
        let title = Localized::new(format!("Import not finished: {name}"), format!("导入未完成：{name}"));
        let Localized { en, zh } = given_up(import);
        let page = format!("/seller/catalogue/imports/{id}");
        let text = Localized::new(format!("{en} {page}"), format!("{zh}{page}"));
        self.messages.tell(tx, import.account_id, Topic::Product, title, text).await
    }

    async fn import_line(&self, tx: &mut Tx, import: &Import, line: &ImportLine, room: &mut i64) -> Result<ImportLine> {
        let written = Written {
            key: line.key.clone(),
            base: None,
            listing: line.listing.0.clone(),
            line: u64::try_from(line.line).unwrap_or_default(),
            lines: std::collections::BTreeMap::new(),
        };
        let path = import.name.clone();
        let account = import.account_id;
        // A line has to be whole, whether it is submitted or stays a draft.
        let mut planned: Planned = self.weigh(tx, account, (&path, written), &Papers::ByName, Then::Submit).await?;
        if !import.submits {
            planned.stay_draft();
        }
        if planned.outcome == Outcome::Drifted {
            let hint = (
                "is the key of a product that was changed on the site since its last import; change it there, or apply its file",
                "对应的商品在上次导入后又在网站上被修改过，须在网站上修改，或以文件方式提交",
            );
            planned.refuse(vec![FileError::new(None, "key", hint)]);
        }
        self.carry_out(tx, &Author::Import { account, user: import.user_id }, &mut planned, room).await?;
        let outcome = match planned.outcome {
            Outcome::Created => LineOutcome::Created,
            Outcome::Changed => LineOutcome::Changed,
            Outcome::Unchanged => LineOutcome::Unchanged,
            Outcome::Drifted | Outcome::Refused => LineOutcome::Refused,
        };
        let at = u64::try_from(line.line).ok();
        let errors = planned.errors.into_iter().map(|wrong| FileError { line: wrong.line.or(at), ..wrong }).collect();
        Ok(ImportLine { outcome, product_id: planned.product, errors: Json(errors), ..line.clone() })
    }

    async fn tell_of_import(&self, tx: &mut Tx, import: &Import) -> Result<()> {
        let Import { name, created, changed, unchanged, refused, .. } = import;
        let title = Localized::new(format!("Import done: {name}"), format!("导入完成：{name}"));
        let text = Localized::new(
            format!(
                "{created} products were created, {changed} changed, {unchanged} were the same already, {refused} lines were \
                 refused. The report names each of them: /seller/catalogue/imports/{}",
                import.id
            ),
            format!(
                "新建 {created} 个商品，修改 {changed} 个，{unchanged} 个没有变化，{refused} 行未能导入。逐行原因见 \
                 /seller/catalogue/imports/{}",
                import.id
            ),
        );
        self.messages.tell(tx, import.account_id, Topic::Product, title, text).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_too_large_is_refused_with_the_limit_that_the_page_tells() {
        let content = "x".repeat(IMPORT_MB_MAX * 1_000_000 + 1);
        let sent = Incoming { name: "a.csv", form: TableForm::Csv, content: &content, then: Then::Draft };
        let wrong = TakenFile::read(&sent).err().unwrap();
        assert_eq!(wrong.0[0].field, "content");
        assert!(wrong.0[0].message.en.contains("20 MB") && wrong.0[0].message.zh.contains("20 MB"));
    }
}
