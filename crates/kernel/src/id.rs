//! Typed, prefixed, time-ordered ids. The text form is a [TypeID](https://github.com/jetify-com/typeid):
//! the prefix, an underscore and the `UUIDv7` in 26 letters of Crockford's base 32.

use std::sync::atomic::{AtomicU32, Ordering};

use uuid::Uuid;

use crate::time::Timestamp;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The text is not an id of the wanted kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {0}_…")]
pub struct WrongId(pub &'static str);

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident = $prefix:literal),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub const PREFIX: &'static str = $prefix;

            /// A fresh id that sorts by `now`.
            pub fn new(now: Timestamp) -> Self {
                Self(time_ordered(now))
            }

            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!($prefix, "_"))?;
                f.write_str(str::from_utf8(&encode(self.0)).unwrap_or_default())
            }
        }

        impl std::str::FromStr for $name {
            type Err = WrongId;
            fn from_str(text: &str) -> Result<Self, WrongId> {
                text.strip_prefix(concat!($prefix, "_")).and_then(decode).map(Self).ok_or(WrongId($prefix))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl crate::arg::ToArg for $name {
            const NULL: crate::Arg = crate::Arg::Uuid(None);
            fn to_arg(self) -> crate::Arg {
                crate::Arg::Uuid(Some(self.0))
            }
        }

        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .pattern(Some(concat!("^", $prefix, "_[0-7][0-9a-hjkmnp-tv-z]{25}$")))
                    .examples([concat!($prefix, "_01jd8kx2v9e5jtf6xw4sz3q7ab")])
                    .into()
            }
        }
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
        }
    )+};
}

ids! {
    AccountId = "acc",
    UserId = "usr",
    SessionId = "ses",
    TokenId = "tok",
    AccessKeyId = "aky",
    VerificationId = "ver",
    AuditId = "aud",
    MessageId = "msg",
    PolicyId = "pol",
    AnnouncementId = "ann",
    FloorId = "flr",
    JournalId = "jrn",
    SellerApplicationId = "sap",
    SellerChangeId = "sch",
    AgreementAcceptanceId = "agr",
    BusinessCertificationId = "bci",
    DocumentId = "doc",
    ProductId = "prd",
    SellerAttributeId = "sat",
    /// An application for review: one immutable revision of a listing.
    RevisionId = "rev",
    /// An application for taking something off sale.
    RemovalId = "rmv",
    /// What the operator does against a product.
    MeasureId = "mea",
    /// A measure that is proposed to the operator.
    ProposalId = "mpr",
    SpecId = "spc",
    /// What a buyer says of a product.
    ReviewId = "rvw",
    /// A review that was reported, and what the operator made of it.
    ReviewCaseId = "rvc",
    SkuId = "sku",
    QuoteId = "quo",
    TopUpId = "top",
    CouponBatchId = "cpb",
    CouponId = "cpn",
    DiscountId = "dsc",
    ResaleId = "rsl",
    PrivateOfferId = "pof",
    OfferMessageId = "pom",
    InstalmentId = "ist",
    OrderId = "ord",
    OrderLineId = "oln",
    InstanceId = "ins",
    LicenceId = "lic",
    LicenceEventId = "lev",
    DeliveryId = "dlv",
    /// Something that a seller's system has to be told.
    ErrandId = "erd",
    ProductionAddressId = "pra",
    ProductionCallId = "pcl",
    /// A kept try-out of a seller's system.
    ProductionCaseId = "pcs",
    /// All cases of a seller's system, sent by the site's own clock.
    ProbeId = "prb",
    RefundId = "rfd",
    /// What was used in one hour or day, charged.
    UsageChargeId = "uch",
    /// A correction of a record of use.
    UsageCorrectionId = "ucr",
    /// A record of use that was refused.
    UsageRefusalId = "urf",
    ImportId = "imp",
    JobId = "job",
    /// A private marketplace that a seller tries its system with.
    SandboxId = "sbx",
}

/// How many ids this process has made.
static MADE: AtomicU32 = AtomicU32::new(0);

/// A `UUIDv7` whose first random bits count up, so that the ids of a process sort in the order of their making even
/// within a millisecond, or while a turned clock stands still.
fn time_ordered(now: Timestamp) -> Uuid {
    let millis = u64::try_from(now.as_micros() / 1_000).unwrap_or(0);
    let mut rest: [u8; 10] = rand::random();
    let count = MADE.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    // The version takes the upper half of the first byte, the variant two bits of the third: 24 bits count.
    rest[0] = count[1] >> 4;
    rest[1] = count[1] << 4 | count[2] >> 4;
    rest[2] = count[2] << 2 & 0x3c | count[3] >> 6;
    rest[3] = count[3] << 2 | rest[3] & 3;
    uuid::Builder::from_unix_timestamp_millis(millis, &rest).into_uuid()
}

fn encode(id: Uuid) -> [u8; 26] {
    let mut bits = id.as_u128();
    let mut text = [0; 26];
    for letter in text.iter_mut().rev() {
        *letter = ALPHABET[usize::from(bits.to_le_bytes()[0] & 31)];
        bits >>= 5;
    }
    text
}

fn decode(text: &str) -> Option<Uuid> {
    if text.len() != 26 || text.as_bytes()[0] > b'7' {
        return None;
    }
    let mut bits = 0_u128;
    for letter in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        bits = bits << 5 | u128::try_from(value).ok()?;
    }
    Some(Uuid::from_u128(bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_from_its_text() {
        let id = OrderId::new(Timestamp::from_micros(1_700_000_000_000_000));
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let id = OrderId::new(Timestamp::from_micros(1_700_000_000_000_000)).to_string();
        assert_eq!(id.parse::<InstanceId>(), Err(WrongId("ins")));
        assert_eq!("ord_zzz".parse::<OrderId>(), Err(WrongId("ord")));
    }

    #[test]
    fn ids_of_one_moment_sort_in_the_order_of_their_making() {
        let now = Timestamp::from_micros(1_700_000_000_000_000);
        let made: Vec<OrderId> = (0..1_000).map(|_| OrderId::new(now)).collect();
        assert!(made.is_sorted());
    }

    #[test]
    fn later_ids_sort_after_earlier_ones() {
        let early = OrderId::new(Timestamp::from_micros(1_700_000_000_000_000));
        let late = OrderId::new(Timestamp::from_micros(1_700_000_000_002_000));
        assert!(early < late && early.to_string() < late.to_string());
    }
}
