//! Codes that are printed and typed, and lists of customers that are pasted.

use kernel::{Invalid, id::AccountId};

/// No letters that are taken for others: no 0, 1, I, L, O, U.
const LETTERS: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Sixteen letters of thirty: nobody guesses one.
pub(crate) const CODE_LENGTH: usize = 16;

/// Makes a code of random numbers, in groups of four.
pub(crate) fn code_of(random: [u64; CODE_LENGTH]) -> String {
    let mut code = String::with_capacity(CODE_LENGTH + 3);
    for (index, number) in random.iter().enumerate() {
        if index > 0 && index.is_multiple_of(4) {
            code.push('-');
        }
        let place = usize::try_from(number % 30).unwrap_or_default();
        code.push(char::from(LETTERS[place]));
    }
    code
}

/// A code however it was typed: without spaces and dashes, in capitals. `None`: it has not the form of one.
pub(crate) fn normalised(typed: &str) -> Option<String> {
    let code: String =
        typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_uppercase()).collect();
    let known = code.len() == CODE_LENGTH && code.bytes().all(|letter| LETTERS.contains(&letter));
    known.then_some(code)
}

/// Who receives coupons: a line each with the account's id, and its name behind a comma to make sure, as in
/// `acc_01jd8kx2v9e5jtf6xw4sz3q7ab, Ada Ltd.`; a line without an id may be a head.
pub(crate) fn receivers(list: &str, most: u32) -> Result<Vec<(AccountId, Option<String>)>, Invalid> {
    let mut wrong = Invalid::default();
    let mut found: Vec<(AccountId, Option<String>)> = Vec::new();
    for (index, line) in list.lines().enumerate() {
        let line = line.trim().trim_start_matches('\u{feff}');
        let (id, name) = line.split_once([',', '\t']).unwrap_or((line, ""));
        let (id, name) = (plain(id), plain(name));
        if line.is_empty() || (index == 0 && !id.starts_with("acc_")) {
            continue;
        }
        let place = format!("accounts.{}", index + 1);
        let form = (
            format!("line {} does not begin with an account's id like acc_…", index + 1),
            format!("第 {} 行须以 acc_ 开头的账号 ID 开始", index + 1),
        );
        if let Some(id) = wrong.keep(id.parse::<AccountId>().map_err(|_| form), place.clone()) {
            let twice =
                (format!("line {} names an account twice", index + 1), format!("第 {} 行的账号重复", index + 1));
            wrong.check(found.iter().all(|(other, _)| *other != id), place, twice);
            found.push((id, (!name.is_empty()).then(|| name.to_owned())));
        }
    }
    wrong.check(
        !found.is_empty() || !wrong.0.is_empty(),
        "accounts",
        ("must name at least one account", "至少须有一个账号"),
    );
    let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let many = (format!("must name at most {most} accounts at once"), format!("一次最多 {most} 个账号"));
    wrong.check(count <= most, "accounts", many);
    wrong.done()?;
    Ok(found)
}

fn plain(cell: &str) -> &str {
    cell.trim().trim_matches('"').trim()
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pasted_list_may_have_a_head_and_names() {
        let ids: Vec<AccountId> = (0..2).map(|_| AccountId::new(Timestamp::from_micros(0))).collect();
        let list = format!("account,name\r\n{}, \"Ada Ltd.\"\n\n{}\n", ids[0], ids[1]);
        let found = receivers(&list, 2).unwrap();
        assert_eq!(found, [(ids[0], Some("Ada Ltd.".to_owned())), (ids[1], None)]);
        assert!(receivers(&list, 1).is_err() && receivers("", 1).is_err() && receivers("account", 1).is_err());
        let twice = receivers(&format!("{0}\n{0}\nnobody", ids[0]), 9).unwrap_err();
        let fields: Vec<&str> = twice.0.iter().map(|wrong| wrong.field.as_str()).collect();
        assert_eq!(fields, ["accounts.2", "accounts.3"]);
    }

    proptest! {
        #[test]
        fn a_code_is_read_however_it_is_typed(random in any::<[u64; CODE_LENGTH]>()) {
            let code = code_of(random);
            prop_assert_eq!(code.len(), CODE_LENGTH + 3);
            let plain = code.replace('-', "");
            prop_assert_eq!(normalised(&code), Some(plain.clone()));
            prop_assert_eq!(normalised(&format!(" {} ", plain.to_lowercase())), Some(plain));
        }

        #[test]
        fn anything_typed_is_no_trouble(typed in "\\PC{0,40}") {
            let _ = normalised(&typed);
            let _ = receivers(&typed, 3);
        }
    }
}
