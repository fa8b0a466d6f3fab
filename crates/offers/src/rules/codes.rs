//! Codes that are printed and typed, and lists of customers that are pasted.

use std::collections::BTreeSet;

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

/// Who receives coupons: a line each with the account's id, and its name behind a comma, as in
/// `acc_01jd8kx2v9e5jtf6xw4sz3q7ab, Ada Ltd.`; a first line of words alone is a head. What stands behind more accounts than
/// may be named is not read.
pub(crate) fn receivers(list: &str, most: u32) -> Result<Vec<(AccountId, String)>, Invalid> {
    let mut wrong = Invalid::default();
    let mut found: Vec<(AccountId, String)> = Vec::new();
    let mut known = BTreeSet::new();
    for (index, line) in list.lines().enumerate() {
        let line = line.trim().trim_start_matches('\u{feff}').trim_start();
        if line.is_empty() || (index == 0 && is_head(line)) {
            continue;
        }
        if found.len() > most as usize || wrong.0.len() > most as usize {
            break;
        }
        let (id, name) = line.split_once([',', '\t']).unwrap_or((line, ""));
        let (id, name) = (plain(id), called(name));
        let place = format!("accounts.{}", index + 1);
        let form = (
            format!("line {} does not begin with an account's id like acc_…", index + 1),
            format!("第 {} 行须以 acc_ 开头的账号 ID 开始", index + 1),
        );
        if let Some(id) = wrong.keep(id.parse::<AccountId>().map_err(|_| form), place.clone()) {
            let twice =
                (format!("line {} names an account twice", index + 1), format!("第 {} 行的账号重复", index + 1));
            wrong.check(known.insert(id), place.clone(), twice);
            let nameless = (
                format!("line {} needs the account's name behind a comma", index + 1),
                format!("第 {} 行须在逗号后填写账号名称", index + 1),
            );
            wrong.check(!name.is_empty(), place, nameless);
            found.push((id, name));
        }
    }
    if found.is_empty() && !wrong.0.is_empty() {
        return Err(wrong);
    }
    if let Err(count) = check_count(found.len(), (1, most), "accounts") {
        wrong.0.extend(count.0);
    }
    wrong.done()?;
    Ok(found)
}

/// One line of such a list, alone; `None`: it has not the form of one.
pub(crate) fn receiver(line: &str) -> Option<(AccountId, String)> {
    let (id, name) = line.split_once([',', '，', '\t'])?;
    let name = called(name);
    Some((plain(id).parse().ok()?, name)).filter(|(_, name)| !name.is_empty())
}

/// How many accounts one list may name; each is looked for in the same transaction.
pub(crate) fn check_count(count: usize, (least, most): (usize, u32), field: &str) -> Result<(), Invalid> {
    let mut wrong = Invalid::default();
    wrong.check(count >= least, field, ("must name at least one account", "至少须有一个账号"));
    let many = (format!("must name at most {most} accounts at once"), format!("一次最多 {most} 个账号"));
    wrong.check(count <= most as usize, field, many);
    wrong.done()
}

/// An account that somebody meant to name has a digit in its id.
fn is_head(line: &str) -> bool {
    !line.chars().any(char::is_numeric)
}

/// A name as lists write it and as it is compared: on one line, one space between words, without the quotes of a table.
pub(crate) fn called(name: &str) -> String {
    plain(name).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A list of accounts as [`receivers`] reads it.
pub(crate) fn listed(named: &[(AccountId, String)]) -> String {
    let lines = named.iter().map(|(account, name)| format!("{account}, {}", called(name)));
    lines.collect::<Vec<_>>().join("\n")
}

/// What a cell holds; only quotes on both ends are the table's.
fn plain(cell: &str) -> &str {
    let mut cell = cell.trim();
    while let Some(within) = cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        cell = within.trim();
    }
    cell
}

#[cfg(test)]
mod tests {
    use kernel::Timestamp;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_pasted_list_may_have_a_head_and_names() {
        let ids: Vec<AccountId> = (0..2).map(|_| AccountId::new(Timestamp::from_micros(0))).collect();
        let list = format!("account,name\r\n{}, \"Ada Ltd.\"\n\n{}\tBob  Works\n", ids[0], ids[1]);
        let found = receivers(&list, 2).unwrap();
        assert_eq!(found, [(ids[0], "Ada Ltd.".to_owned()), (ids[1], "Bob Works".to_owned())]);
        assert!(receivers(&list, 1).is_err() && receivers("", 1).is_err() && receivers("account", 1).is_err());
        let twice = receivers(&format!("{0},Ada\n{0},Ada\nnobody\n{1}", ids[0], ids[1]), 9).unwrap_err();
        let fields: Vec<&str> = twice.0.iter().map(|wrong| wrong.field.as_str()).collect();
        assert_eq!(fields, ["accounts.2", "accounts.3", "accounts.4"]);
    }

    #[test]
    fn a_first_line_that_names_nobody_by_mistake_is_not_taken_for_a_head() {
        let id = AccountId::new(Timestamp::from_micros(0));
        let fields = |list: &str, most| {
            let wrong = receivers(list, most).unwrap_err();
            wrong.0.into_iter().map(|wrong| wrong.field).collect::<Vec<_>>()
        };
        // An id that was copied without its first letter, and a name in the first column.
        let cut = format!("{},Ada\n{id},Ada", id.to_string().trim_start_matches('a'));
        assert_eq!(fields(&cut, 9), ["accounts.1"]);
        assert_eq!(fields(&format!("Ada Ltd., {id}"), 9), ["accounts.1"]);
        assert_eq!(receivers(&format!("账号,名称\n{id},某公司"), 9).unwrap().len(), 1);
    }

    #[test]
    fn a_list_that_was_written_is_read_back_whatever_the_names() {
        let ids: Vec<AccountId> = (0..3).map(|_| AccountId::new(Timestamp::from_micros(0))).collect();
        let odd = ["Ada\n  Ltd.", "\"Quoted\" Works", "12\""];
        let named: Vec<_> = ids.iter().copied().zip(odd.map(str::to_owned)).collect();
        let list = listed(&named);
        assert_eq!(list.lines().count(), 3);
        let expected: Vec<_> = named.iter().map(|(id, name)| (*id, called(name))).collect();
        assert_eq!(receivers(&list, 3).unwrap(), expected);
    }

    #[test]
    fn no_more_is_read_than_may_be_named() {
        let ids: Vec<AccountId> = (0..50).map(|_| AccountId::new(Timestamp::from_micros(0))).collect();
        let list = ids.iter().map(|id| format!("{id},Ada")).collect::<Vec<_>>().join("\n");
        let wrong = receivers(&format!("{list}\nnobody"), 3).unwrap_err();
        assert_eq!(wrong.0.iter().map(|wrong| wrong.field.as_str()).collect::<Vec<_>>(), ["accounts"]);
        assert!(receivers(&"nobody 1\n".repeat(5_000), 3).unwrap_err().0.len() < 10);
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
            let named = [(AccountId::new(Timestamp::from_micros(0)), typed.clone())];
            match receivers(&listed(&named), 1) {
                Ok(read) => prop_assert_eq!(&read[0].1, &called(&typed)),
                Err(_) => prop_assert!(called(&typed).is_empty()),
            }
        }
    }
}
