//! What others than its seller say of a product, held against the same links and words as listings.

use policy::Checks;

use super::{
    links::{leads_anywhere, led_away},
    naming::as_read,
};

/// Whether a text leads away from the site: by a link, a number, an address, or the words of deals elsewhere.
pub fn leads_away(text: &str, checks: &Checks) -> bool {
    let read = as_read(text);
    leads_anywhere(&read.to_lowercase()) || !led_away("", &read, checks).is_empty()
}

/// How many characters of a text its reader sees, spaces around it aside.
pub fn seen_length(text: &str) -> usize {
    as_read(text).trim().chars().count()
}

/// Whether a text has characters that change the direction in which it, and what stands beside it, is read.
pub fn turns_round(text: &str) -> bool {
    text.chars()
        .any(|c| matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

#[cfg(test)]
mod tests {
    use policy::Policy;

    use super::*;

    #[test]
    fn what_leads_away_is_found_as_in_listings() {
        let policy = Policy::parse(policy::DEFAULT).unwrap();
        let away = |text| leads_away(text, &policy.review.checks);
        for text in [
            "see https://example.com",
            "加微信聊",
            "call 13800138000",
            "mail me: ada@example.com",
            "www.example.com",
            "ＷｅＣｈａｔ",
            "WWW.EXAMPLE.COM",
            "look at example.com/deal",
            "cheaper at Shop-24.Example.CN。",
            "see foo.io/bar",
            "w\u{200b}ww.example.com",
            "example．com",
        ] {
            assert!(away(text), "{text}");
        }
        for text in [
            "Fast, and the support answers within an hour.",
            "部署两天就用起来了，查询很快。",
            "From 3 to 20 users in 2026.",
            "It exports report.pdf/report.xls and data.csv/json, and speaks Socket.io/WebSocket.",
            "用 Json.NET 读 README.md/docs，入口是 main.cc。",
            "Written in ASP.NET and Node.js, version 1.2.3, e.g. for logs.It works.",
        ] {
            assert!(!away(text), "{text}");
        }
    }
}
