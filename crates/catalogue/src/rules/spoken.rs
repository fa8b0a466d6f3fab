//! What others than its seller say of a product, held against the same links and words as listings.

use policy::Checks;

use super::{
    links::{leads_anywhere, led_away},
    naming::{as_read, contains_word},
};

/// Whether a text leads away from the site: by a link, a number, an address, or the words of deals elsewhere.
pub fn leads_away(text: &str, checks: &Checks) -> bool {
    leads_anywhere(text) || !led_away("", text, checks).is_empty()
}

/// A word in a text that nobody can prove or that others own.
pub fn forbidden_word<'w>(text: &str, forbidden: &'w [String]) -> Option<&'w str> {
    let lower = as_read(text).to_lowercase();
    forbidden.iter().find(|word| contains_word(&lower, &word.to_lowercase())).map(String::as_str)
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
        ] {
            assert!(away(text), "{text}");
        }
        for text in [
            "Fast, and the support answers within an hour.",
            "部署两天就用起来了，查询很快。",
            "From 3 to 20 users in 2026.",
        ] {
            assert!(!away(text), "{text}");
        }
        assert_eq!(forbidden_word("The best there is", &policy.catalogue.forbidden_words), Some("best"));
        assert_eq!(forbidden_word("The bestiary", &policy.catalogue.forbidden_words), None);
    }
}
