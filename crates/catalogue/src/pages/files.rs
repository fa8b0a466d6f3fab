//! Many listings at once: as files under version control, and as one table.

use accounts::{Permission, Seller, Visit};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use kernel::{Error, Invalid, Page, PageQuery, id::ImportId};
use maud::{Markup, html};
use platform::{
    http::{Access, Answer, Once, PathParam, Problem, Query, Routes, Upload},
    search::apart,
};
use serde::Deserialize;
use ui::{Field, Mistakes, Place, Table, Tone, View, badge};

use crate::{
    Catalogue,
    actions::{Incoming, TableForm, TakenFile, Then, given_up},
    rules::{FileError, IMPORT_MB_MAX, template_rows},
    store::{Import, ImportLine, ImportState},
};

pub(super) fn routes(catalogue: &Catalogue) -> Routes {
    Routes::of(catalogue.clone())
        .page("/seller/catalogue", show, Access::Seller)
        .form("/seller/catalogue/imports", begin, Access::Seller)
        .page("/seller/catalogue/template.csv", template, Access::Seller)
        .page("/seller/catalogue/imports/{import}", import, Access::Seller)
        .page("/seller/catalogue/imports/{import}/refused.csv", refused, Access::Seller)
        .done()
}

async fn show(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    Query(page): Query<PageQuery>,
) -> Result<ui::Page, Problem> {
    let page = page.checked().map_err(Error::from)?;
    let imports = catalogue.imports(&mut catalogue.app.db.read(), &seller, page).await?;
    Ok(shown(&visit.view, &imports, &Mistakes::none()))
}

/// The name under which a page of this site is reached is the reader's; the examples say where to put it.
const EXPORT: &str = "export KONTOR_TOKEN=…\nkontor catalogue export --site https://market.example.com shop/";
const PLAN: &str = "kontor catalogue plan --site https://market.example.com shop/";
const APPLY: &str = "kontor catalogue apply --site https://market.example.com shop/";
const EXAMPLE: &str = "key = \"log-lens\"\naccess_type = \"license\"\nname = { en = \"Log Lens\", zh = \"日志透镜\" }\n\
version = \"V2.1\"\ncategories = [\"developer-tools\"]\ncurrency = \"CNY\"\nagreement = \"files/agreement.pdf\"\n\n\
[description]\nen = \"\"\"\nLog Lens reads the logs of all your servers …\n\"\"\"\n\n[[specs]]\ncode = \"server\"\n\
name = { en = \"Server installation\", zh = \"服务器部署\" }\nbilling_mode = \"one_off\"\n\n[[specs.skus]]\n\
billing = { mode = \"one_off\", price = { base = 990.00 } }";

fn shown(view: &View, imports: &Page<Import>, mistakes: &Mistakes) -> ui::Page {
    let title = view.t("files-title");
    ui::page(
        view,
        Place::Seller("products"),
        &title,
        &html! {
            nav.small aria-label=(view.t("listing-back-label")) { a href="/seller/products" { (view.t("listing-back")) } }
            (ui::header(&title, Some(&view.t("files-lead")), &html! {}))
            (mistakes.summary(view))
            (importing(view, mistakes))
            (imports_table(view, imports))
            (as_code(view))
        },
    )
}

fn importing(view: &View, mistakes: &Mistakes) -> Markup {
    let label = view.t("files-submit-too");
    let hint = view.ta("files-file-hint", &[("most", IMPORT_MB_MAX.into())]);
    let form = ui::upload_form(
        view,
        "/seller/catalogue/imports",
        &html! {
            (ui::file_drop(view, "content", &view.t("files-file"), ".csv,.toml,.tsv,.txt", &hint, mistakes))
            (Field::check("submit", &label).hint(view.t("files-submit-hint")).render(view, mistakes))
            div.row {
                button.button.primary type="submit" { (view.t("files-import")) }
                a.button.quiet href="/seller/catalogue/template.csv" download { (view.t("files-template")) }
            }
        },
    );
    ui::card(Some(&view.t("files-import-title")), &html! { p { (view.t("files-import-text")) } (form) })
}

fn imports_table(view: &View, imports: &Page<Import>) -> Markup {
    if imports.items.is_empty() {
        return html! {};
    }
    let title = view.t("files-imports");
    let count = |number: i64| html! { (view.count(number)) };
    let table = Table::new(view, &title, &imports.items)
        .column(
            view.t("files-file"),
            |import: &Import| html! { a href={ "/seller/catalogue/imports/" (import.id) } { (import.name) } },
        )
        .column(view.t("listing-list-state"), |import| state(view, import))
        .number(view.t("files-lines"), move |import| count(import.lines))
        .number(view.t("files-created"), move |import| count(import.created))
        .number(view.t("files-changed"), move |import| count(import.changed))
        .number(view.t("files-refused"), move |import| count(import.refused))
        .column(view.t("files-begun"), |import| view.time(import.begun_at))
        .next(imports.next_cursor.as_deref())
        .render();
    html! { section.stack { h2 { (title) } (table) } }
}

fn state(view: &View, import: &Import) -> Markup {
    match import.state {
        ImportState::Running => badge(Tone::Info, &view.t("files-running")),
        ImportState::Done if import.refused > 0 => badge(Tone::Warn, &view.t("files-done-partly")),
        ImportState::Done => badge(Tone::Good, &view.t("files-done")),
        ImportState::Failed => badge(Tone::Bad, &view.t("files-failed")),
    }
}

/// How files are kept under version control.
fn as_code(view: &View) -> Markup {
    let command =
        |key: &'static str, text: &str| html! { h3 { (view.t(key)) } (ui::code(view, &view.t("files-command"), text)) };
    html! {
        section.card.stack id="code" {
            h2 { (view.t("files-code-title")) }
            p { (view.t("files-code-text")) }
            (command("files-step-export", EXPORT))
            (command("files-step-plan", PLAN))
            (command("files-step-apply", APPLY))
            p.muted { (view.t("files-code-drift")) }
            p.muted { (view.t("files-code-exit")) " " a href="/console/keys" { (view.t("files-code-token")) } }
            details {
                summary { (view.t("files-example")) }
                (ui::code(view, "log-lens.toml", EXAMPLE))
            }
        }
    }
}

#[derive(Deserialize)]
struct Chosen {
    submit: Option<String>,
}

async fn begin(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    once: Once,
    upload: Upload<Chosen>,
) -> Result<Response, Problem> {
    let begun = begun(&catalogue, &seller, once, upload).await;
    match begun {
        Ok(answer) => Ok(answer.into_response()),
        Err(problem) => {
            let mistakes = visit.view.retry(problem)?;
            let page = PageQuery::default().checked().map_err(Error::from)?;
            let imports = catalogue.imports(&mut catalogue.app.db.read(), &seller, page).await?;
            Ok(shown(&visit.view, &imports, &mistakes).refused().into_response())
        }
    }
}

/// Reads the file first, and only then begins.
async fn begun(catalogue: &Catalogue, seller: &Seller, once: Once, upload: Upload<Chosen>) -> Result<Answer, Problem> {
    seller.may(Permission::List).map_err(Error::from)?;
    let taken = apart(move || Ok(taken(&upload)?)).await?;
    once.run(&catalogue.app, async |tx| {
        let import = catalogue.begin_import(tx, seller, &taken).await?;
        Ok(Answer::see_other(format!("/seller/catalogue/imports/{}", import.id)))
    })
    .await
}

fn taken(upload: &Upload<Chosen>) -> Result<TakenFile, Invalid> {
    let missing = || Invalid::one("content", ("has to be chosen first", "尚未选择文件"));
    let file = upload.files.first().ok_or_else(missing)?;
    let hint = ("must be a text in UTF-8; save it as CSV UTF-8", "须为 UTF-8 编码的文本，可另存为“CSV UTF-8”格式");
    let content = std::str::from_utf8(&file.bytes).map_err(|_| Invalid::one("content", hint))?;
    let is_toml = file.name.to_lowercase().ends_with(".toml");
    let form = if is_toml { TableForm::Toml } else { TableForm::Csv };
    let then = if upload.fields.submit.is_some() { Then::Submit } else { Then::Draft };
    TakenFile::read(&Incoming { name: &file.name, form, content, then })
}

async fn template(_seller: Seller) -> Response {
    let (titles, rows) = template_rows();
    ui::csv_file("catalogue", &titles, &rows)
}

/// So many refused lines are shown; the file has all.
const SHOWN: u32 = 200;
const FILE_MAX: u32 = 20_000;

async fn import(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ImportId>,
) -> Result<Response, Problem> {
    let part = (-1, SHOWN);
    let (import, lines) = catalogue.refused_lines(&mut catalogue.app.db.read(), &seller, id, part).await?;
    let page = import_page(&visit.view, &import, &lines);
    // Who has no script sees the progress too.
    Ok(match import.state {
        ImportState::Running => ([("refresh", "2")], page).into_response(),
        ImportState::Done | ImportState::Failed => page.into_response(),
    })
}

fn import_page(view: &View, import: &Import, lines: &[ImportLine]) -> ui::Page {
    let count = |number: i64| html! { (view.count(number)) };
    let stat = |key: &'static str, number: i64| ui::stat(&view.t(key), &count(number), None);
    let table = Table::new(view, view.t("files-refused-lines"), lines)
        .number(view.t("files-line"), |line: &ImportLine| html! { (line.line) })
        .column("key", |line| html! { @if line.key.is_empty() { "–" } @else { (line.key) } })
        .column(view.t("files-why"), |line| {
            each(line, |wrong| html! { @if !wrong.field.is_empty() { code.muted { (wrong.field) } " " } (wrong.message.of(view.lang)) })
        })
        .csv(format!("/seller/catalogue/imports/{}/refused.csv", import.id))
        .render();
    let said = view.ta("files-progress", &[("done", import.done.into()), ("lines", import.lines.into())]);
    ui::page(
        view,
        Place::Seller("products"),
        &import.name,
        &html! {
            nav.small aria-label=(view.t("listing-back-label")) { a href="/seller/catalogue" { (view.t("files-title")) } }
            (ui::header(&import.name, None, &html! { (state(view, import)) }))
            @if import.state == ImportState::Failed {
                (ui::notice(Tone::Bad, &html! { p { (view.of(&given_up(import))) } }))
            }
            div.stack {
                progress max=(import.lines) value=(import.done) aria-label=(said) {}
                p.muted role="status" { (said) }
            }
            div.stats {
                (stat("files-created", import.created))
                (stat("files-changed", import.changed))
                (stat("files-unchanged", import.unchanged))
                (stat("files-refused", import.refused))
            }
            @if !lines.is_empty() {
                section.stack {
                    h2 { (view.t("files-refused-lines")) }
                    @if lines.len() >= SHOWN as usize { p.muted { (view.t("files-more-in-file")) } }
                    (table)
                }
            } @else if import.state == ImportState::Done {
                (ui::empty(&view.t("files-all-good"), &view.t("files-all-good-text"), &ui::button_link("/seller/products", &view.t("listing-back"), true)))
            }
        },
    )
}

fn each(line: &ImportLine, cell: impl Fn(&FileError) -> Markup) -> Markup {
    html! { @for wrong in line.errors.iter().take(5) { div { (cell(wrong)) } } @if line.errors.len() > 5 { div { "…" } } }
}

async fn refused(
    State(catalogue): State<Catalogue>,
    visit: Visit,
    seller: Seller,
    PathParam(id): PathParam<ImportId>,
) -> Result<Response, Problem> {
    let part = (-1, FILE_MAX);
    let (_, lines) = catalogue.refused_lines(&mut catalogue.app.db.read(), &seller, id, part).await?;
    let view = &visit.view;
    let titles = [view.t("files-line"), "key".to_owned(), view.t("listing-column-field"), view.t("files-why")];
    let rows = lines.iter().flat_map(|line| {
        line.errors.iter().map(|wrong| {
            vec![line.line.to_string(), line.key.clone(), wrong.field.clone(), wrong.message.of(view.lang).to_owned()]
        })
    });
    Ok(ui::csv_file("refused", &titles, &rows.collect::<Vec<_>>()))
}
