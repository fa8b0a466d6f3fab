//! Every component as it is, in the reader's language and brightness, for those who make pages.

#[cfg(test)]
use kernel::text::Lang;
use kernel::{Currency, FieldError, Invalid, Localized, Money, Timestamp};
use maud::{Markup, html};
use platform::http::Problem;

use crate::{
    Bar, Choice, Field, Mistakes, Page, Place, Step, Stepped, Table, Tone, View, assets, badge, bars, button_link,
    card, choice_cards, code, confirm, copyable, empty, facts, file_drop, files_drop, form, header, lines, live_form,
    moments, notice, page, reveal, rich, stat, stepper, tabs, upload_form,
};

/// The page `/dev/ui`. Its examples are in both languages beside each other, since nobody but us reads it.
pub fn gallery(view: &View) -> Page {
    let body = html! {
        (header("Components · 组件", Some("Tokens, pieces, forms, tables, charts · 颜色、组件、表单、表格、图表"), &html! {
            (button_link("#forms", "Forms · 表单", false)) (button_link("#lists", "Tables · 表格", true))
        }))
        (states())
        (places(view))
        (over())
        (forms(view))
        (live(view))
        (lists(view))
        (charts(view))
        (texts(view))
    };
    page(view, Place::Storefront("gallery"), "Components · 组件", &body)
}

fn states() -> Markup {
    let tones = [Tone::Plain, Tone::Info, Tone::Good, Tone::Warn, Tone::Bad];
    card(
        Some("States · 状态"),
        &html! {
            div.row { @for tone in tones { (badge(tone, tone.class())) } }
            @for tone in tones { (notice(tone, &html! { p { "What has to be said · 需要说明的事" } })) }
            div.row {
                a.button href="#" { "Button" } a.button.primary href="#" { "主要按钮" } a.button.quiet href="#" { "Quiet" }
                a.button.danger href="#" { "Danger" } button.button disabled { "停用" }
            }
        },
    )
}

fn places(view: &View) -> Markup {
    let step = |title: &str, at| Step { title: title.to_owned(), at, href: None };
    let steps =
        [step("Company · 公司", Stepped::Done), step("Contact · 联系人", Stepped::Now), step("提交", Stepped::Later)];
    let moment = Timestamp::from_micros(1_795_000_000_000_000);
    html! {
        div.stats {
            (stat("Wallet · 钱包", &view.money(Money::of(12_345_600, Currency::CNY)), None))
            (stat("Owed · 欠款", &view.money(Money::of(-4_200, Currency::CNY)), Some(&view.date(moment))))
            (stat("Orders · 订单", &html! { "128" }, Some(&html! { "+12 %" })))
        }
        (tabs("Tabs", &[("One · 一".to_owned(), "#".to_owned(), true), ("Two · 二".to_owned(), "#two".to_owned(), false)]))
        (stepper(view, &steps))
        div.columns {
            (card(Some("Facts · 信息"), &facts(&[
                ("Number · 编号".to_owned(), copyable(view, "CS2611221805AB12")),
                ("Time · 时间".to_owned(), view.time(moment)),
                ("Code · 授权码".to_owned(), reveal(view, "code", &copyable(view, "PL-7Q2M-91KD"))),
            ])))
            (card(Some("Timeline · 时间线"), &moments(view, &[
                (moment, "Paid · 已支付".to_owned(), html! { (view.money(Money::of(729_000, Currency::CNY))) }),
                (moment.plus_seconds(1), "Delivered · 已交付".to_owned(), html! {}),
            ])))
        }
        (empty("Nothing yet · 暂无内容", "What will be here, and how it gets here · 这里会出现什么、怎样出现", &html! {}))
    }
}

/// What lies over a page: a word about what was done, pictures, the way to anywhere.
fn over() -> Markup {
    let mark = assets::mark();
    card(
        Some("Over the page · 浮层"),
        &html! {
            div.row { p.toast { "Saved · 已保存" } }
            p { "Press · 按下 " kbd { "⌘K" } " / " kbd { "Ctrl K" } " to go anywhere · 前往任何页面" }
            div.row role="group" aria-label="Pictures · 图片" data-lightbox data-previous="Previous · 上一张" data-next="Next · 下一张" data-close="Close · 关闭" {
                @for number in 1..=2 {
                    a href=(mark) data-full=(mark) {
                        img src=(mark) alt={ "Picture · 图片 " (number) } width="64" height="64";
                    }
                }
            }
        },
    )
}

/// A part of the page that follows what is typed.
fn live(view: &View) -> Markup {
    html! {
        section.card {
            h2 { "A form that answers at once · 即时响应的表单" }
            (live_form(view, "/dev/ui", ("/suggest", "#live-answer"), &html! {
                (Field::text("q", "Search · 搜索").with("autocomplete", "off").render(view, &Mistakes::none()))
            }))
            div #live-answer {}
            (upload_form(view, "#", &html! { (files_drop(view, "files", "Files · 多个文件", ".png,.jpg", "Up to five · 最多五个", &Mistakes::none())) }))
        }
    }
}

fn forms(view: &View) -> Markup {
    let wrong = vec![FieldError {
        field: "email".to_owned(),
        message: Localized::new("must be a mail address like name@example.com", "应为 name@example.com 这样的邮箱地址"),
    }];
    let mistakes = Mistakes::of(view, &Problem::from(kernel::Error::from(Invalid(wrong))));
    let plans = [
        Choice::new("month", "Monthly · 按月").hint("Cancel whenever you want · 随时停用"),
        Choice::new("year", "Yearly · 按年").hint("Two months for free · 送两个月"),
    ];
    html! {
        section.card #forms {
            h2 { "Forms · 表单" }
            (form(view, "#", &html! {
                (mistakes.summary(view))
                div.fields {
                    (Field::input("email", "email", "Email · 邮箱").value("ada@").required().render(view, &mistakes))
                    (Field::text("name", "Name · 名称").hint("As on the licence · 与营业执照一致").render(view, &mistakes))
                    (Field::select("plan", "Plan · 方案", &plans).value("year").required().render(view, &mistakes))
                }
                (choice_cards("Billing · 计费", "billing", &plans, "year", &mistakes))
                (Field::area("about", "About · 简介", 3).render(view, &mistakes))
                (Field::check("agree", "I have read it · 我已阅读").value("true").render(view, &mistakes))
                (file_drop(view, "file", "File · 文件", ".pdf", "PDF, up to 20 MB · PDF，不超过 20 MB", &mistakes))
                div.row { button.button.primary type="submit" { "Save · 保存" } }
            }))
            (confirm(view, "Delete · 删除", "Really? · 确定删除？", true, &html! { p { "It cannot be brought back · 无法恢复" } }))
        }
    }
}

fn lists(view: &View) -> Markup {
    let rows = [("CS001", 729_000), ("CS002", 19_900), ("CS003", -5_000)];
    html! {
        section.card #lists {
            h2 { "Tables · 表格" }
            (Table::new(view, "Orders · 订单", &rows)
                .column("Number · 编号", |(number, _)| html! { a href="#" { (number) } })
                .number("Amount · 金额", |(_, minor)| view.money(Money::of(*minor, Currency::CNY)))
                .column("State · 状态", |_| badge(Tone::Good, "paid · 已支付"))
                .render())
            (paged(view, &rows))
            (Table::new(view, "Nothing · 空表", &rows[..0])
                .column("Number · 编号", |(number, _)| html! { (number) })
                .empty(empty("No rows · 没有记录", "What would be here · 这里会出现什么", &html! {}))
                .render())
        }
    }
}

/// One page of a long list: filtered, put in order as a whole, with a way to older rows and to a file.
fn paged(view: &View, rows: &[(&str, i64)]) -> Markup {
    let states = [Choice::new("all", "All · 全部"), Choice::new("paid", "Paid · 已支付")];
    let state = Field::select("state", "State · 状态", &states).required().render(view, &Mistakes::none());
    Table::new(view, "A long list · 长列表", rows)
        .column("Number · 编号", |(number, _)| html! { (number) })
        .number("Amount · 金额", |(_, minor)| view.money(Money::of(*minor, Currency::CNY)))
        .in_order("dearest", "cheapest")
        .filters(state)
        .next(Some("older"))
        .render()
}

fn charts(view: &View) -> Markup {
    let bar =
        |day: i64| Bar { label: format!("{day}"), value: day * day % 17 + 3, shown: (day * day % 17 + 3).to_string() };
    let data: Vec<Bar> = (1..=30).map(bar).collect();
    let both: Vec<Bar> = (1..=12)
        .map(|day: i64| Bar { label: format!("{day}"), value: day * 7 % 12 - 4, shown: (day * 7 % 12 - 4).to_string() })
        .collect();
    html! {
        div.columns {
            (card(None, &bars(view, "Orders a day · 每日订单", &data)))
            (card(None, &lines(view, "Revenue · 收入", &data)))
            (card(None, &bars(view, "Below zero · 负值", &both)))
            (card(None, &lines(view, "Nothing yet · 暂无数据", &[])))
        }
    }
}

fn texts(view: &View) -> Markup {
    html! {
        (code(view, "Request · 请求", "POST /api/v1/orders\nIdempotency-Key: 6f1c…\n\n{\"quote\": \"quo_…\"}"))
        (card(Some("Written by people · 用户文本"), &html! { div.prose { (rich("### Heading\n\nA *text* with **weight**, `code` and\n\n- one\n- two")) } }))
    }
}

/// A view to try things with.
#[cfg(test)]
pub(crate) fn sample_view() -> View {
    View {
        origin: "https://market.example".to_owned(),
        lang: Lang::En,
        zone: jiff::tz::TimeZone::get("Asia/Shanghai").unwrap(),
        own_zone: false,
        theme: crate::Theme::Auto,
        path: "/".to_owned(),
        viewer: None,
        csrf: "token".to_owned(),
        site: Localized::new("Kontor", "商站"),
        export: None,
    }
}

#[cfg(test)]
mod tests {
    /// The modules in which components are.
    const COMPONENTS: [&str; 6] = ["chart", "code", "field", "pieces", "rich", "table"];

    #[test]
    fn every_component_is_in_the_gallery() {
        let (front, own) = (include_str!("lib.rs"), include_str!("gallery.rs"));
        let mut missing = Vec::new();
        for module in COMPONENTS {
            let (_, named) = front.split_once(&format!("pub use {module}::")).unwrap();
            let named = named.split(';').next().unwrap().trim_matches(['{', '}', '\n', ' ']);
            let components = named.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "escaped");
            missing.extend(components.filter(|name| {
                !own.contains(&format!("{name}("))
                    && !own.contains(&format!("{name}::"))
                    && !own.contains(&format!("{name} {{"))
            }));
        }
        assert!(missing.is_empty(), "not in the gallery: {missing:?}");
    }
}
