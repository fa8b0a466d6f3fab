//! What the open API checks, one after the other, and which of it an answer has passed.

use kernel::choices;
use serde_json::Value;

choices! {
    /// What is checked, in this order.
    pub(super) enum Check {
        Key = "key",
        Signature = "signature",
        Role = "role",
        Body = "body",
        Code = "code",
        State = "state",
        Time = "time",
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed,
    Failed,
    /// Something before it has failed.
    NotReached,
}

/// How every check went, from what authentication refused and from the answer.
pub(super) fn outcomes(refused: Option<&str>, answer: &Value) -> Vec<(Check, Outcome)> {
    let failed = failed(refused, answer);
    let mut reached = true;
    Check::ALL
        .iter()
        .map(|check| {
            let outcome = match (reached, failed == Some(*check)) {
                (false, _) => Outcome::NotReached,
                (true, true) => Outcome::Failed,
                (true, false) => Outcome::Passed,
            };
            reached &= outcome == Outcome::Passed;
            (*check, outcome)
        })
        .collect()
}

fn failed(refused: Option<&str>, answer: &Value) -> Option<Check> {
    match refused {
        Some("signature.unknown_key") => return Some(Check::Key),
        Some(_) => return Some(Check::Signature),
        None => {}
    }
    let unrecorded = answer["data"]["check_fail_list"].as_array().is_some_and(|codes| !codes.is_empty());
    match answer["error_code"].as_str().unwrap_or_default() {
        // A report is accepted as a whole, and names the codes that it left out.
        "92020000" if unrecorded => Some(Check::Code),
        "92020000" => None,
        "APIG.0303" => Some(Check::Signature),
        "95000001" | "95000003" | "95000004" => Some(Check::Body),
        "92020005" | "92020020" => Some(Check::Code),
        "92020003" | "92020011" => Some(Check::State),
        "92020002" => Some(Check::Time),
        _ => Some(Check::Role),
    }
}

/// The first line in which two texts differ: its number, and both lines. Line ends of another system do not count.
pub(super) fn difference<'t>(ours: &'t str, theirs: &'t str) -> Option<(usize, &'t str, &'t str)> {
    let theirs = theirs.trim_end_matches(['\r', '\n']);
    let count = ours.lines().count().max(theirs.lines().count());
    let (mut left, mut right) = (ours.lines(), theirs.lines());
    (1..=count).find_map(|line| {
        let (left, right) = (left.next().unwrap_or_default(), right.next().unwrap_or_default());
        (left != right).then_some((line, left, right))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_tells_which_check_failed_and_what_was_not_reached() {
        let check = |refused: Option<&str>, code: &str, failed: Option<Check>| {
            let outcomes = outcomes(refused, &json!({ "error_code": code }));
            let found = outcomes.iter().find(|(_, outcome)| *outcome == Outcome::Failed).map(|(check, _)| *check);
            assert_eq!(found, failed, "{refused:?} {code}");
            let after = outcomes.iter().skip_while(|(_, outcome)| *outcome == Outcome::Passed).skip(1);
            assert!(after.into_iter().all(|(_, outcome)| *outcome == Outcome::NotReached));
        };
        check(Some("signature.unknown_key"), "APIG.0303", Some(Check::Key));
        check(Some("signature.wrong"), "APIG.0303", Some(Check::Signature));
        check(None, "92020001", Some(Check::Role));
        check(None, "95000001", Some(Check::Body));
        check(None, "92020005", Some(Check::Code));
        check(None, "92020011", Some(Check::State));
        check(None, "92020002", Some(Check::Time));
        check(None, "92020000", None);
    }

    #[test]
    fn use_that_was_not_recorded_is_a_failed_check() {
        let answer = json!({ "error_code": "92020000", "data": { "check_fail_list": ["PL1"] } });
        assert!(outcomes(None, &answer).contains(&(Check::Code, Outcome::Failed)));
    }

    #[test]
    fn the_first_line_that_differs_is_found() {
        assert_eq!(difference("POST\n/a/\n\nx", "POST\r\n/a\r\n\r\nx\r\n"), Some((2, "/a/", "/a")));
        assert_eq!(difference("POST\n/a/", "POST\r\n/a/\r\n"), None);
        assert_eq!(difference("a\nb", "a"), Some((2, "b", "")));
    }
}
