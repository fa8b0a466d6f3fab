//! The design system: tokens, components, the shell around every page, and the languages. Functions from data to HTML.
//!
//! Owns: the style sheet and the scripts (`assets/`), the texts of the pages (`locales/`), how an amount, a moment and a
//! number look, and what every page has in common.
//! Does not own: any page of a capability, who is signed in, what anybody may do.
//!
//! Invariants
//! - What a person wrote is escaped; the only HTML that is not made here is what [`rich`] has cleaned.
//! - A page works before scripts have loaded: forms are sent, links are followed, what opens is a `details`.
//! - Nothing is loaded from another host, nothing runs or is styled inline.
//!
//! # Why the scripts are a few modules of our own
//!
//! The enhancements (live parts, dialogs, palette, upload progress) are about three hundred lines. The small libraries for
//! them come as npm packages, which `cargo run` could not fetch, and copying one into the repository would make it ours to
//! keep. Modules of our own need no build step and fit the content security policy.

pub mod assets;
mod chart;
mod code;
mod countries;
mod csv;
mod export;
mod field;
mod format;
mod gallery;
mod head;
mod mistakes;
mod pieces;
mod rich;
mod shell;
mod table;
mod targets;
mod texts;
mod view;

pub use chart::{Bar, bars, lines};
pub use code::{code, copyable, reveal};
pub use countries::{countries, country_name};
pub use csv::{Sheet, csv_file, plain_amount};
pub use export::{EXPORT_PAGES_MAX, Export};
pub use field::{Choice, Field, choice_cards, file_drop, files_drop, form, live_form, upload_form};
pub use format::money_in;
pub use gallery::gallery;
pub use head::{Head, in_lang};
pub use mistakes::{Mistakes, sentence};
pub use pieces::{
    Step, Stepped, Tone, badge, button_link, card, confirm, empty, facts, header, moments, notice, stat, stepper, tabs,
};
pub use rich::rich;
pub use shell::{Page, Place, bare, page, page_with, trouble};
pub use table::{Table, escaped};
pub use targets::operator_page;
pub use texts::{Uses, check_keys};
pub use view::{Theme, View, Viewer, Word};
