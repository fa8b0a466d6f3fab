//! What has happened, or falls due, in one list. `kontor/src/reactions.rs` says what follows, in one exhaustive match.
//!
//! An event carries ids only; whoever reacts reads the present state. It is written in the transaction of its cause and
//! handled at least once, with its effect once.

use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    id::{
        AccountId, BusinessCertificationId, CouponBatchId, CouponId, DeliveryId, ErrandId, ImportId, InstalmentId,
        InstanceId, MeasureId, MessageId, OfferMessageId, OrderId, OrderLineId, PrivateOfferId, ProbeId, ProductId,
        ProductionAddressId, RefundId, RemovalId, ResaleId, ReviewCaseId, ReviewId, RevisionId, SellerApplicationId,
        SellerChangeId, TopUpId, UserId, VerificationId,
    },
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// An account asked for real-name verification.
    VerificationSubmitted {
        verification: VerificationId,
    },
    VerificationDecided {
        verification: VerificationId,
    },
    /// A message waits to leave by mail or SMS.
    MessageQueued {
        message: MessageId,
    },
    SellerApplied {
        application: SellerApplicationId,
    },
    SellerApplicationDecided {
        application: SellerApplicationId,
    },
    SellerChangeSubmitted {
        change: SellerChangeId,
    },
    SellerChangeDecided {
        change: SellerChangeId,
    },
    /// Business information was submitted for certification.
    BusinessInformationSubmitted {
        certification: BusinessCertificationId,
    },
    BusinessInformationDecided {
        certification: BusinessCertificationId,
    },
    RevisionSubmitted {
        revision: RevisionId,
    },
    RevisionDecided {
        revision: RevisionId,
    },
    /// Lines of a file of listings wait to be written.
    ImportDue {
        import: ImportId,
    },
    /// A seller asked for something to be taken off sale.
    RemovalSubmitted {
        removal: RemovalId,
    },
    RemovalDecided {
        removal: RemovalId,
    },
    /// A measure against a product was taken, appealed, decided or ended.
    MeasureMoved {
        measure: MeasureId,
    },
    /// The time of a measure has passed.
    MeasureEndDue {
        measure: MeasureId,
    },
    /// An account was added to those that may see a product, or taken from them.
    NamedAccountChanged {
        product: ProductId,
        account: AccountId,
    },
    /// A buyer wrote a review, or wrote it anew.
    ReviewWritten {
        review: ReviewId,
    },
    /// Its seller answered it.
    ReviewAnswered {
        review: ReviewId,
    },
    /// A review was reported, its case decided, appealed or decided again.
    ReviewCaseMoved {
        case: ReviewCaseId,
    },
    TopUpDeclared {
        top_up: TopUpId,
    },
    TopUpDecided {
        top_up: TopUpId,
    },
    /// A coupon was given to a named customer.
    CouponGiven {
        coupon: CouponId,
    },
    /// A batch of coupons was voided: what is left of it cannot be used any more. Its holders are told, from the first one
    /// or those after one.
    CouponBatchVoided {
        batch: CouponBatchId,
        after: Option<AccountId>,
    },
    /// A seller wants more of resales than the standard.
    ResaleSubmitted {
        resale: ResaleId,
    },
    ResaleDecided {
        resale: ResaleId,
    },
    /// A seller sent an offer to its buyer, for the first time or revised.
    PrivateOfferSent {
        offer: PrivateOfferId,
        version: i64,
    },
    /// It was accepted, declined or withdrawn.
    PrivateOfferEnded {
        offer: PrivateOfferId,
        version: i64,
    },
    /// One side said something to the other.
    PrivateOfferSaid {
        message: OfferMessageId,
    },
    /// A day on which both sides are reminded of an offer that nobody has answered.
    PrivateOfferReminderDue {
        offer: PrivateOfferId,
        version: i64,
    },
    /// The last day of an offer has passed.
    PrivateOfferExpiryDue {
        offer: PrivateOfferId,
        version: i64,
    },
    /// An amendment of an accepted offer was proposed, accepted, declined or withdrawn.
    PrivateOfferAmended {
        offer: PrivateOfferId,
        amendment: u32,
    },
    /// The day of an instalment has come, or another try to charge the wallet for it.
    InstalmentDue {
        instalment: InstalmentId,
    },
    /// The policy's time for paying an order has passed.
    OrderPaymentDue {
        order: OrderId,
    },
    OrderCancelled {
        order: OrderId,
    },
    OrderPaid {
        order: OrderId,
    },
    /// A paid line waits to be turned into an instance.
    DeliveryDue {
        delivery: DeliveryId,
    },
    Delivered {
        delivery: DeliveryId,
    },
    /// Delivery was given up; the money goes back.
    DeliveryFailed {
        delivery: DeliveryId,
    },
    /// A seller's system has to be told something.
    ErrandDue {
        errand: ErrandId,
    },
    /// All cases that a seller keeps are to be sent to an address.
    ProductionCasesDue {
        address: ProductionAddressId,
    },
    /// It is time to probe the systems of sellers: from the first seller or those after one.
    ProbingDue {
        after: Option<AccountId>,
    },
    /// The turn of one seller's system has come.
    ProbeDue {
        seller: AccountId,
    },
    /// It is time to compare what is owned with what sellers' systems have: from the first seller or those after one.
    ComparisonDue {
        after: Option<AccountId>,
    },
    /// The turn of one seller's instances has come, in the comparison of that night.
    CompareDue {
        seller: AccountId,
        night: Timestamp,
    },
    /// All cases of a probe were sent.
    Probed {
        probe: ProbeId,
    },
    /// The time of two keys side by side is almost over.
    ProductionKeyEnding {
        address: ProductionAddressId,
    },
    /// Two keys of a seller's system may have been valid side by side for long enough.
    ProductionKeyDue {
        address: ProductionAddressId,
    },
    /// A seller's system has carried out the change of specification that an order line has paid for.
    ChangeCarriedOut {
        line: OrderLineId,
    },
    /// It did not in the time of the rules; the money goes back.
    ChangeFailed {
        line: OrderLineId,
    },
    /// A term begins for which something was renewed with another specification.
    ChangeDue {
        line: OrderLineId,
    },
    /// What was tried was bought and goes on.
    TrialBought {
        instance: InstanceId,
    },
    /// A trial may end soon.
    TrialReminderDue {
        instance: InstanceId,
    },
    /// A buyer who has not accepted what opens after that is reminded, or it counts as accepted.
    AcceptanceDue {
        instance: InstanceId,
    },
    InstanceExpiryDue {
        instance: InstanceId,
    },
    InstanceExpired {
        instance: InstanceId,
    },
    InstanceReleaseDue {
        instance: InstanceId,
    },
    InstanceReleased {
        instance: InstanceId,
    },
    /// An hour or a day is over, and what was used in it is charged.
    UsageCycleDue {
        instance: InstanceId,
    },
    /// What was used in an hour or a day is charged, and to be paid.
    UsageCharged {
        account: AccountId,
    },
    /// The grace for unpaid use is over.
    UsageGraceOver {
        instance: InstanceId,
    },
    /// What was frozen for unpaid use was kept long enough.
    UsageReleaseDue {
        instance: InstanceId,
    },
    /// It is time to look after a package of use: what is left of it, its end, whether it is bought again.
    PackageDue {
        instance: InstanceId,
    },
    /// There is more in a wallet than before.
    WalletFilled {
        account: AccountId,
    },
    /// It is time to look after the end of an instance: to remind its buyer, or to renew it.
    RenewalDue {
        instance: InstanceId,
    },
    /// What is recommended beside products is to be made anew, from the first product or those after one.
    RecommendationsDue {
        after: Option<ProductId>,
    },
    RefundPaid {
        refund: RefundId,
    },
    /// Sign-in to a user of the account was blocked after repeated failures.
    AccountLocked {
        account: AccountId,
    },
    /// Somebody asked for a link to set a new password.
    PasswordResetRequested {
        user: UserId,
    },
    /// A user was made without a password and is sent a link to choose one.
    UserInvited {
        user: UserId,
    },
    /// Somebody wants an account with a mail address: of a user who has just been made, or who was there before.
    SignUpAsked {
        user: UserId,
    },
    PasswordChanged {
        user: UserId,
    },
    /// Two-step sign-in of a user was switched off, by the user or by somebody who may.
    TotpDisabled {
        user: UserId,
    },
}

impl Event {
    /// The name under which it is counted and logged.
    pub fn name(&self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| Some(value.get("event")?.as_str()?.to_owned()))
            .unwrap_or_default()
    }
}
