//! What follows from each event, in one exhaustive match.

use instances::{Instance, State};
use kernel::{
    Event, Result,
    id::{
        AccountId, DeliveryId, InstanceId, OrderId, OrderLineId, PrivateOfferId, ProbeId, RefundId, RemovalId,
        SellerApplicationId, VerificationId,
    },
};
use platform::Tx;
use production::Production;
use quotations::AmendedInstance;

use crate::Kontor;

impl Kontor {
    /// What has to leave the database, before the transaction and at least once.
    pub(crate) async fn reach_out(&self, event: &Event) -> Result<()> {
        if let Event::MessageQueued { message } = event {
            self.messages.send(*message).await
        } else if let Event::ErrandDue { errand } = event {
            // A call and what is read before it make a large future; it stands on the heap, not on a worker's stack.
            Box::pin(self.deliveries.call_out(*errand)).await
        } else if let Event::ProductionCasesDue { address } = event {
            Box::pin(self.production.send_cases(*address)).await
        } else if let Event::CompareDue { seller, night } = event {
            Box::pin(self.deliveries.compare(*seller, *night)).await
        } else {
            Ok(())
        }
    }

    /// What follows when an event's effects failed until its job was laid aside. True: money goes back to a buyer.
    pub(crate) async fn on_given_up(&self, tx: &mut Tx, event: &Event, reason: &str) -> Result<bool> {
        if let Event::DeliveryDue { delivery } = event {
            self.deliveries.on_try_given_up(tx, *delivery, reason).await
        } else if let Event::ErrandDue { errand } = event {
            self.deliveries.on_errand_given_up(tx, *errand).await
        } else if let Event::ImportDue { import } = event {
            self.catalogue.on_import_given_up(tx, *import).await?;
            Ok(false)
        } else if let Event::ProductionCasesDue { address } = event {
            self.production.on_cases_given_up(tx, *address).await?;
            Ok(false)
        } else if let Event::ProbingDue { after } = event {
            self.production.on_probing_given_up(tx, *after).await?;
            Ok(false)
        } else if let Event::ComparisonDue { after } = event {
            self.deliveries.on_comparison_given_up(tx, *after).await?;
            Ok(false)
        } else if let Event::RenewalDue { instance } = event {
            self.renewals.on_due_given_up(tx, *instance).await?;
            Ok(false)
        } else if let Event::ChangeDue { line } = event {
            // What has not begun by our own fault is no less paid than what its seller does not carry out.
            if !self.changes.is_ahead(tx, *line).await? {
                return Ok(false);
            }
            Box::pin(self.on_change_failed(tx, *line, "not begun in time")).await?;
            Ok(true)
        } else if let Event::UsageCycleDue { instance } = event {
            self.metering.on_cycle_given_up(tx, *instance).await?;
            Ok(false)
        } else if let Event::PackageDue { instance } = event {
            self.metering.on_package_given_up(tx, *instance).await?;
            Ok(false)
        } else if let Event::OrderPaid { order } = event {
            self.deliveries.on_opening_given_up(tx, *order, reason).await
        } else {
            Ok(false)
        }
    }

    /// The effects in the database, in the transaction that removes the job: they happen once.
    #[expect(clippy::too_many_lines, reason = "a line for each event, in one exhaustive match")]
    pub(crate) async fn react(&self, tx: &mut Tx, event: &Event) -> Result<()> {
        let Self { messages, sellers, private_offers: agreed, .. } = self;
        match event {
            Event::VerificationSubmitted { verification } => {
                messages.on_verification_submitted(tx, *verification).await
            }
            Event::VerificationDecided { verification } => self.on_verification_decided(tx, *verification).await,
            Event::MessageQueued { message } => messages.sent(tx, *message).await,
            Event::SellerApplied { application } => sellers.on_applied(tx, *application).await,
            Event::SellerApplicationDecided { application } => self.on_application_decided(tx, *application).await,
            Event::SellerChangeSubmitted { change } => sellers.on_change_submitted(tx, *change).await,
            Event::SellerChangeDecided { change } => sellers.on_change_decided(tx, *change).await,
            Event::BusinessInformationSubmitted { certification } => {
                sellers.on_business_information_submitted(tx, *certification).await
            }
            Event::BusinessInformationDecided { certification } => {
                sellers.on_business_information_decided(tx, *certification).await
            }
            Event::RevisionSubmitted { revision } => self.catalogue.on_revision_submitted(tx, *revision).await,
            Event::RevisionDecided { revision } => self.catalogue.on_revision_decided(tx, *revision).await,
            Event::ImportDue { import } => self.catalogue.on_import_due(tx, *import).await,
            Event::RemovalSubmitted { removal } => self.catalogue.on_removal_submitted(tx, *removal).await,
            Event::RemovalDecided { removal } => self.on_removal_decided(tx, *removal).await,
            Event::MeasureMoved { measure } => self.catalogue.on_measure_moved(tx, *measure).await,
            Event::MeasureEndDue { measure } => self.catalogue.on_measure_end_due(tx, *measure).await,
            Event::NamedAccountChanged { product, account } => {
                self.catalogue.on_named_account_changed(tx, *product, *account).await
            }
            Event::ReviewWritten { review } => self.reviews.on_written(tx, *review).await,
            Event::ReviewAnswered { review } => self.reviews.on_answered(tx, *review).await,
            Event::ReviewCaseMoved { case } => self.reviews.on_case_moved(tx, *case).await,
            Event::TopUpDeclared { top_up } => self.payments.on_top_up_declared(tx, *top_up).await,
            Event::TopUpDecided { top_up } => self.payments.on_top_up_decided(tx, *top_up).await,
            Event::CouponGiven { coupon } => self.offers.on_coupon_given(tx, *coupon).await,
            Event::CouponBatchVoided { batch, after } => self.offers.on_batch_voided(tx, *batch, *after).await,
            Event::ResaleSubmitted { resale } => self.offers.on_resale_submitted(tx, *resale).await,
            Event::ResaleDecided { resale } => self.offers.on_resale_decided(tx, *resale).await,
            Event::PrivateOfferSent { offer, version } => agreed.on_sent(tx, *offer, *version).await,
            Event::PrivateOfferEnded { offer, version } => agreed.on_ended(tx, *offer, *version).await,
            Event::PrivateOfferSaid { message } => agreed.on_said(tx, *message).await,
            Event::PrivateOfferReminderDue { offer, version } => agreed.on_reminder_due(tx, *offer, *version).await,
            Event::PrivateOfferExpiryDue { offer, version } => agreed.on_expiry_due(tx, *offer, *version).await,
            Event::PrivateOfferAmended { offer, amendment } => self.on_amended(tx, *offer, *amendment).await,
            Event::InstalmentDue { instalment } => agreed.on_instalment_due(tx, *instalment).await,
            Event::OrderPaymentDue { order } => self.orders.on_payment_due(tx, *order).await,
            Event::OrderCancelled { order } => self.on_order_cancelled(tx, *order).await,
            Event::OrderPaid { order } => self.on_order_paid(tx, *order).await,
            Event::DeliveryDue { delivery } => self.deliveries.on_delivery_due(tx, *delivery).await,
            Event::Delivered { delivery } => self.on_delivered(tx, *delivery).await,
            Event::DeliveryFailed { delivery } => self.on_delivery_failed(tx, *delivery).await,
            Event::ErrandDue { errand } => Box::pin(self.deliveries.on_errand_due(tx, *errand)).await,
            Event::ProductionCasesDue { address } => self.production.on_cases_due(tx, *address).await,
            Event::ProbingDue { after } => self.on_probing_due(tx, *after).await,
            Event::ProbeDue { seller } => self.on_probe_due(tx, *seller).await,
            Event::ComparisonDue { after } => self.deliveries.on_comparison_due(tx, *after).await,
            Event::CompareDue { seller, night } => self.deliveries.on_compare_due(tx, *seller, *night).await,
            Event::Probed { probe } => self.on_probed(tx, *probe).await,
            Event::ProductionKeyEnding { address } => self.production.on_key_ending(tx, *address).await,
            Event::ProductionKeyDue { address } => self.production.on_key_due(tx, *address).await,
            Event::ChangeCarriedOut { line } => Box::pin(self.changes.on_carried_out(tx, *line)).await,
            Event::ChangeFailed { line } => Box::pin(self.on_change_failed(tx, *line, "not carried out in time")).await,
            Event::ChangeDue { line } => Box::pin(self.changes.on_change_due(tx, *line)).await,
            Event::TrialBought { instance } => self.renewals.on_trial_bought(tx, *instance).await,
            Event::TrialReminderDue { instance } => self.instances.on_trial_reminder_due(tx, *instance).await,
            Event::AcceptanceDue { instance } => self.deliveries.on_acceptance_due(tx, *instance).await,
            Event::InstanceExpiryDue { instance } => self.instances.on_expiry_due(tx, *instance).await,
            Event::InstanceExpired { instance } => self.on_instance_expired(tx, *instance).await,
            Event::InstanceReleaseDue { instance } => self.instances.on_release_due(tx, *instance).await,
            Event::InstanceReleased { instance } => self.on_instance_released(tx, *instance).await,
            Event::UsageCycleDue { instance } => Box::pin(self.metering.on_cycle_due(tx, *instance)).await,
            Event::UsageCharged { account } => self.metering.on_usage_charged(tx, *account).await,
            Event::UsageGraceOver { instance } => self.metering.on_grace_over(tx, *instance).await,
            Event::UsageReleaseDue { instance } => self.metering.on_release_due(tx, *instance).await,
            Event::PackageDue { instance } => Box::pin(self.metering.on_package_due(tx, *instance)).await,
            Event::WalletFilled { account } => self.metering.on_wallet_filled(tx, *account).await,
            Event::RenewalDue { instance } => Box::pin(self.renewals.on_due(tx, *instance)).await,
            Event::RecommendationsDue { after } => self.insight.on_recommendations_due(tx, *after).await,
            Event::RefundPaid { refund } => self.on_refund_paid(tx, *refund).await,
            Event::PasswordResetRequested { user } => messages.on_password_reset_requested(tx, *user).await,
            Event::UserInvited { user } => messages.on_user_invited(tx, *user).await,
            Event::SignUpAsked { user } => messages.on_sign_up_asked(tx, *user).await,
            Event::PasswordChanged { user } => messages.on_password_changed(tx, *user).await,
            Event::TotpDisabled { user } => messages.on_totp_disabled(tx, *user).await,
            Event::AccountLocked { account } => messages.on_account_locked(tx, *account).await,
        }
    }

    /// Who was verified may be somebody who has an account already.
    async fn on_verification_decided(&self, tx: &mut Tx, id: VerificationId) -> Result<()> {
        self.messages.on_verification_decided(tx, id).await?;
        let account = self.accounts.verification(tx, id).await?.account_id;
        self.reviews.on_verified(tx, account).await
    }

    /// Who was admitted sells here, and rates others no more.
    async fn on_application_decided(&self, tx: &mut Tx, application: SellerApplicationId) -> Result<()> {
        let account = self.sellers.on_application_decided(tx, application).await?;
        self.reviews.on_sells(tx, account).await
    }

    /// Whose system is probed is known by what is on sale.
    async fn on_probing_due(&self, tx: &mut Tx, after: Option<AccountId>) -> Result<()> {
        let sellers = self.catalogue.sellers_to_probe(tx, after, Production::TURNS).await?;
        self.production.on_probing_due(tx, after, &sellers).await
    }

    /// What a seller had on sale may have left the shelf before its turn came.
    async fn on_probe_due(&self, tx: &mut Tx, seller: AccountId) -> Result<()> {
        if self.catalogue.is_probed(tx, seller).await? {
            self.production.on_probe_due(tx, seller).await
        } else {
            Ok(())
        }
    }

    async fn on_probed(&self, tx: &mut Tx, probe: ProbeId) -> Result<()> {
        self.production.on_probed(tx, probe).await?;
        match self.production.probed(tx, probe).await? {
            Some(seller) => self.catalogue.on_probed(tx, seller).await,
            None => Ok(()),
        }
    }

    async fn on_removal_decided(&self, tx: &mut Tx, removal: RemovalId) -> Result<()> {
        let gone = self.catalogue.removed_with(tx, removal).await?;
        self.orders.on_off_sale(tx, &gone).await?;
        self.catalogue.on_removal_decided(tx, removal).await
    }

    async fn on_order_cancelled(&self, tx: &mut Tx, order: OrderId) -> Result<()> {
        self.private_offers.on_order_cancelled(tx, order).await?;
        self.orders.on_cancelled(tx, order).await
    }

    async fn on_order_paid(&self, tx: &mut Tx, order: OrderId) -> Result<()> {
        self.deliveries.on_order_paid(tx, order).await?;
        self.private_offers.on_order_paid(tx, order).await?;
        let sold = self.orders.sold(tx, order).await?;
        self.catalogue.on_sold(tx, &sold).await?;
        self.orders.on_paid(tx, order).await
    }

    /// What was bought under a private offer may be amended from now on, and what is paid by use is counted.
    async fn on_delivered(&self, tx: &mut Tx, delivery: DeliveryId) -> Result<()> {
        let delivered = self.deliveries.find(tx, delivery).await?;
        let line = self.orders.line(tx, delivered.line).await?;
        if line.content.agreed.is_some() {
            let instance = self.instances.find_sold_by_line(tx, line.seller, line.id).await?;
            let term = (instance.id, instance.activated_at, instance.expires_at);
            self.private_offers.on_delivered(tx, &line, term).await?;
        }
        self.renewals.on_delivered(tx, delivery).await?;
        self.metering.on_delivered(tx, delivery).await?;
        self.deliveries.on_delivered(tx, delivery).await
    }

    /// What was bought becomes what an accepted amendment says.
    async fn on_amended(&self, tx: &mut Tx, offer: PrivateOfferId, amendment: u32) -> Result<()> {
        for AmendedInstance { instance, quantities, ends } in
            self.private_offers.amended_by(tx, offer, amendment).await?
        {
            if let Some(changed) = self.instances.amend(tx, instance, (quantities, ends)).await? {
                self.licensing.amend(tx, &changed).await?;
            }
        }
        self.private_offers.on_amended(tx, offer, amendment).await
    }

    async fn on_delivery_failed(&self, tx: &mut Tx, delivery: DeliveryId) -> Result<()> {
        let failed = self.deliveries.find(tx, delivery).await?;
        let reason = format!("not delivered after {} tries", failed.tries);
        // Packages are held before wallets, as when one is bought again.
        self.metering.on_not_delivered(tx, failed.line).await?;
        self.refunds.on_delivery_failed(tx, delivery, failed.line, &reason).await?;
        // What failed through our own fault is not its seller's.
        if let Some(trouble) = failed.outcome.trouble() {
            let product = self.orders.line(tx, failed.line).await?.product;
            self.catalogue.on_order_failed(tx, (product, failed.order), &trouble).await?;
        }
        self.deliveries.on_delivery_failed(tx, delivery).await
    }

    /// Nobody carries a change out any more: its price goes back, and everything stays as it was.
    async fn on_change_failed(&self, tx: &mut Tx, line: OrderLineId, reason: &str) -> Result<()> {
        self.refunds.on_change_failed(tx, line, reason).await?;
        self.changes.on_failed(tx, line).await
    }

    /// What its purchase and its last change have bought is over: its account may buy again.
    async fn on_resource_ended(&self, tx: &mut Tx, instance: &Instance) -> Result<()> {
        self.orders.on_resource_ended(tx, instance.line).await?;
        self.orders.on_resource_ended(tx, instance.specified_by()).await
    }

    /// Something is over for good, also before its term was.
    async fn on_instance_released(&self, tx: &mut Tx, instance: InstanceId) -> Result<()> {
        let released = self.instances.find(tx, instance).await?;
        if let Some(line) = released.changing {
            self.on_change_failed(tx, line, "released before it was carried out").await?;
        }
        self.on_resource_ended(tx, &released).await?;
        self.licensing.on_instance_released(tx, instance).await?;
        self.private_offers.on_instance_released(tx, instance).await?;
        self.metering.on_instance_released(tx, instance).await?;
        self.deliveries.on_instance_released(tx, instance).await
    }

    /// The term of something is over; it may have gone on before this was told.
    async fn on_instance_expired(&self, tx: &mut Tx, instance: InstanceId) -> Result<()> {
        let expired = self.instances.hold(tx, instance).await?;
        match expired.state {
            State::Expired { .. } | State::Released { .. } => {
                self.on_resource_ended(tx, &expired).await?;
            }
            State::Pending { .. } | State::Active | State::Grace { .. } => {}
        }
        self.licensing.on_instance_expired(tx, instance).await?;
        self.deliveries.on_instance_expired(tx, instance).await
    }

    /// What was still to be paid for something that was paid back is not asked for; both sides learn of it.
    async fn on_refund_paid(&self, tx: &mut Tx, refund: RefundId) -> Result<()> {
        let line = self.refunds.line_of(tx, refund).await?;
        // The product first, then the feed of the search, as everybody who holds both.
        self.reviews.on_returned(tx, &line).await?;
        self.catalogue.on_returned(tx, (line.id, line.product)).await?;
        self.private_offers.on_line_refunded(tx, &line).await?;
        self.refunds.on_refund_paid(tx, refund).await
    }
}
