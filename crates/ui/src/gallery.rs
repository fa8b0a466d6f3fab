//! Every component as it is, in the reader's language and brightness, for those who make pages.

#[cfg(test)]
use kernel::text::Lang;
use kernel::{Currency, FieldError, Invalid, Localized, Money, Timestamp};
use maud::{Markup, html};
use platform::http::Problem;

use crate::{
    Bar, Choice, Field, Mistakes, Page, Place, Step, Stepped, Table, Tone, View, badge, bars, button_link, card,
    choice_cards, code, confirm, copyable, empty, facts, file_drop, form, header, lines, moments, notice, page, reveal,
    rich, stat, stepper, tabs,
};

/// The page `/dev/ui`. Its examples are in both languages beside each other, since nobody but us reads it.
pub fn gallery(view: &View) -> Page {
    let body = html! {
        (header("Components · 组件", Some("Tokens, pieces, forms, tables, charts · 颜色、组件、表单、表格、图表"), &html! {
            (button_link("#forms", "Forms · 表单", false)) (button_link("#lists", "Tables · 表格", true))
        }))
        (states())
        (places(view))
        (forms(view))
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
        (empty("Nothing yet · 暂无内容", "What will be here, and how it gets here · 这里会出现什么、怎样出现", &button_link("#", "Begin · 开始", true)))
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
                .csv("#")
                .render())
        }
    }
}

fn charts(view: &View) -> Markup {
    let bar =
        |day: i64| Bar { label: format!("{day}"), value: day * day % 17 + 3, shown: (day * day % 17 + 3).to_string() };
    let data: Vec<Bar> = (1..=30).map(bar).collect();
    html! {
        div.columns {
            (card(None, &bars(view, "Orders a day · 每日订单", &data)))
            (card(None, &lines(view, "Revenue · 收入", &data)))
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
        theme: crate::Theme::Auto,
        path: "/".to_owned(),
        viewer: None,
        csrf: "token".to_owned(),
        site: Localized::new("Kontor", "商站"),
    }
}
