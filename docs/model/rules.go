package main

// part is a part of the protocol with all its rules.
type part struct {
	name  string
	built explorable
}

var parts = []part{
	{"outbox", outbox{}},
	{"copy", copied{}},
	{"reserve", reserve{}},
	{"money", money{}},
	{"returns", returns{}},
	{"outage", outage{}},
}

// rule is a rule of the protocol, and what is left of its part without it.
type rule struct {
	name    string // of what is left
	says    string
	without explorable
	// tests play the trace to what breaks without the rule against the real thing. They are named by
	// their folder in the repository and their function.
	tests []string
}

// rules are what the protocol cannot do without.
var rules = []rule{
	{"publish-after", "An event is committed with its change, not published after", outbox{publishAfter: true}, []string{
		"common/aggregate/TestACrashBetweenCommitAndPublishLosesNothing",
		"orders/TestAReservationIsOneWrite",
	}},
	{"publish-before", "An event is committed with its change, not published before", outbox{publishBefore: true},
		[]string{"orders/TestRefusedOrdersPublishNothing"}},
	{"any-version", "A writer replaces only the version that it has read", outbox{anyVersion: true},
		[]string{"common/aggregate/TestConcurrentUpdatesAllCount"}},
	{"any-outbox", "A writer replaces only the outbox that it has read", outbox{anyOutbox: true},
		[]string{"common/aggregate/TestAnUpdateDoesNotBringBackAPublishedEvent"}},
	{"overtake", "Events wait for the other replica's earlier ones", outbox{overtake: true},
		[]string{"orders/TestNoEventOvertakesOneThatIsSlow"}},
	{"remove-first", "An event is removed once the broker has stored it", outbox{removeFirst: true},
		[]string{"common/aggregate/TestTheOutboxWaitsForTheBus"}},
	{"remove-any", "The removal names the event that it removes", outbox{removeAny: true},
		[]string{"orders/TestARemovalTakesNoOtherEvent"}},
	{"pass-failed", "An event that fails stops those behind it", outbox{passFailed: true},
		[]string{"orders/TestNoEventOvertakesOneThatFails"}},
	{"sweep-young", "A sweep takes only events too old to be on their way", outbox{sweepYoung: true},
		[]string{"common/aggregate/TestAStalledBusGetsEveryEventOnce"}},
	{"no-sweep", "A sweep finds what a crash has left", outbox{noSweep: true}, []string{
		"common/aggregate/TestACrashBetweenCommitAndPublishLosesNothing",
		"orders/TestACrashBetweenCommitAndPublishLosesNoEvent",
		"payments/TestACrashBetweenCommitAndPublishLosesNoEvent",
		"tickets/TestCommittedEventsOutliveTheInstance",
	}},

	{"copy-any-version", "A copy is written where its version is lower", copied{anyVersion: true}, []string{
		"orders/TestAnyOrderOfEventsEndsTheSame",
		"payments/TestAnyOrderOfEventsEndsTheSame",
	}},
	{"copy-one-round", "A duplicate key on the upsert means: look again", copied{oneRound: true},
		[]string{"payments/TestConcurrentUpdatesOfACopyAreNotLost"}},

	{"any-slot", "A unique index lets one order have a slot", reserve{anySlot: true},
		[]string{"orders/TestOneOfFiftyBuyersWins"}},
	{"slot-apart", "Slot and order are one write", reserve{slotApart: true},
		[]string{"orders/TestAReservationIsOneWrite"}},
	{"increment", "A release sets the count from n-1 to n, and adds nothing", reserve{increment: true},
		[]string{"orders/TestALateExpirationTouchesNobodyElse"}},
	{"release-first", "The count is advanced once the cancellation is stored", reserve{releaseFirst: true},
		[]string{"orders/TestATicketIsTakenUntilItsCancellationIsStored"}},
	{"no-repair", "A claim that meets a cancelled order puts the count right", reserve{noRepair: true},
		[]string{"orders/TestACrashAfterACancellationLocksNoTicket"}},
	{"no-self", "A claim that meets itself has won", reserve{noSelf: true},
		[]string{"orders/TestALostAnswerIsNoRefusal"}},
	{"created-again", "order:created applies only above the known reservation", reserve{createdAgain: true}, []string{
		"tickets/TestNewsOfThePastChangesNothing",
		"tickets/TestTicketFollowsItsOrders",
	}},
	{"cancelled-new", "order:cancelled applies to the known reservation", reserve{cancelledNew: true}, []string{
		"tickets/TestNewsOfThePastChangesNothing",
		"tickets/TestTicketFollowsItsOrders",
	}},
	{"cancelled-old", "order:cancelled does not apply below the known reservation", reserve{cancelledOld: true}, []string{
		"tickets/TestNewsOfThePastChangesNothing",
		"tickets/TestTicketFollowsItsOrders",
	}},
	{"cancelled-forgets", "order:cancelled keeps its number", reserve{cancelledForgets: true}, []string{
		"tickets/TestNewsOfThePastChangesNothing",
		"tickets/TestTicketFollowsItsOrders",
	}},
	{"completed-new", "order:completed applies to the known reservation", reserve{completedNew: true}, []string{
		"tickets/TestNewsOfThePastChangesNothing",
		"tickets/TestTicketFollowsItsOrders",
	}},
	{"completed-forgets", "order:completed keeps its number", reserve{completedForgets: true}, []string{
		"tickets/TestNewsOfThePastChangesNothing",
		"tickets/TestTicketFollowsItsOrders",
	}},
	{"completed-bare", "order:completed brings the ordered title and price", reserve{completedBare: true},
		[]string{"tickets/TestSoldTicketSaysWhatWasOrdered"}},
	{"edit-sold", "Sold is final", reserve{editSold: true}, []string{
		"tickets/TestASoldTicketIsNotEdited",
		"tickets/TestEditsAreRefused",
	}},

	{"edit-withdrawn", "A withdrawn ticket can't be edited", reserve{editWithdrawn: true},
		[]string{"tickets/TestAWithdrawnTicketCannotBeEdited"}},
	{"created-wins", "order:created leaves a withdrawn ticket withdrawn", reserve{createdWins: true},
		[]string{"tickets/TestAWithdrawnTicketStaysWithdrawnForOrdersThatRacedIt"}},
	{"created-silent", "order:created of a withdrawn ticket publishes it again", reserve{createdSilent: true}, []string{
		"tickets/TestAnOrderOfAWithdrawnTicketPublishesTheWithdrawalAgain",
		"orders/TestAnOrderInsertedAfterTheWithdrawalIsCancelled",
	}},
	{"cancelled-relists", "order:cancelled leaves a withdrawn ticket withdrawn", reserve{cancelledRelists: true},
		[]string{"tickets/TestAWithdrawnTicketStaysWithdrawnForOrdersThatRacedIt"}},
	{"completed-loses", "order:completed sells a withdrawn ticket", reserve{completedLoses: true},
		[]string{"tickets/TestAnOrderPaidBeforeOrdersHeardOfTheWithdrawalBuysTheTicket"}},
	{"keep-orders", "Orders cancels the open order of a withdrawn ticket", reserve{keepOrders: true},
		[]string{"orders/TestAWithdrawalCancelsTheOpenOrder"}},
	{"cancel-once", "It does so whether or not its copy was older", reserve{cancelOnce: true},
		[]string{"orders/TestAWithdrawalHandledHalfwayIsFinishedByTheNextDelivery"}},

	{"pay-cancelled", "payment:created does not complete a cancelled order", money{few: true, payCancelled: true},
		[]string{"orders/TestPaymentsAreHeardOfInAnyOrder"}},
	{"start-ended", "payment:started does not take an order back that has ended", money{few: true, startEnded: true},
		[]string{"orders/TestPaymentsAreHeardOfInAnyOrder"}},
	{"pay-started", "payment:created completes an order before payment:started", money{few: true, payStarted: true},
		[]string{"orders/TestPaymentsAreHeardOfInAnyOrder"}},
	{"fail-started", "payment:failed cancels an order before payment:started", money{few: true, failStarted: true},
		[]string{"orders/TestPaymentsAreHeardOfInAnyOrder"}},
	{"ignore-failure", "A decline cancels the order", money{few: true, ignoreFailure: true}, []string{
		"orders/TestPaymentsAreHeardOfInAnyOrder",
		"orders/TestAFailedPaymentCancels",
	}},
	{"trust-timer", "An expiration that comes early is answered: again later", money{few: true, trustTimer: true},
		[]string{"orders/TestAnEarlyExpirationComesAgain"}},
	{"no-overdue", "Orders ends by itself what is overdue", money{few: true, noOverdue: true},
		[]string{"orders/TestOverdueOrdersEndByThemselves"}},

	{"charge-each", "The order's id is the charge's", money{few: true, chargeEach: true},
		[]string{"payments/TestAnOrderIsPaidOnce"}},
	{"confirm-first", "A PaymentIntent is stored before it is confirmed", money{few: true, confirmFirst: true},
		[]string{"payments/TestAPaymentThatDies"}},
	{"attach-ended", "A PaymentIntent is stored only while the charge is pending", money{few: true, attachEnded: true},
		[]string{"payments/TestAPaymentThatDies"}},
	{"attach-again", "A PaymentIntent is stored only if the charge has none", money{few: true, attachAgain: true},
		[]string{"payments/TestALostAnswerDoesNotCostTheOrder"}},
	{"fail-attached", "A charge fails unasked only while no PaymentIntent is stored", money{few: true, failAttached: true},
		[]string{"payments/TestAPaymentIntentThatIsStoredMeanwhileKeepsItsCharge"}},
	{"fail-first", "failed is written after the PaymentIntent is cancelled", money{few: true, failFirst: true}, []string{
		"payments/TestAPaymentThatDies",
		"payments/TestAPayerWhoConfirmsAgainAfterAFailureIsNotCharged",
	}},
	{"cancel-anyhow", "A cancellation answered with succeeded is a success", money{few: true, cancelAnyhow: true},
		[]string{"payments/TestAConfirmationBeforeTheCancellationPays"}},
	{"cancel-silent", "No answer to a cancellation leaves the outcome open", money{few: true, cancelSilent: true},
		[]string{"payments/TestACancellationWithoutAnAnswerEndsNothing"}},
	{"impatient", "A payment is taken as dead after a minute, not before", money{few: true, impatient: true},
		[]string{"payments/TestAPaymentUnderWayIsNotEndedByAnother"}},
	{"no-reconciler", "The reconciler looks at pending charges", money{few: true, noReconciler: true}, []string{
		"payments/TestAPaymentThatDies",
		"payments/TestAbandonedPaymentsEndByThemselves",
	}},
	{"leave-unasked", "It fails those without a PaymentIntent", money{few: true, leaveUnasked: true},
		[]string{"payments/TestAPaymentThatDies"}},
	{"leave-open", "It cancels those whose PaymentIntent is not confirmed", money{few: true, leaveOpen: true},
		[]string{"payments/TestAPaymentThatDies"}},
	{"leave-questions", "It cancels those whose bank still asks", money{few: true, leaveQuestions: true},
		[]string{"payments/TestAnUnansweredBankQuestionEndsInTime"}},
	{"no-settling", "It settles charges that have succeeded", money{few: true, noSettling: true},
		[]string{"payments/TestAPaymentThatSucceedsTooLateAndDiesIsRefunded"}},
	{"refund-created", "Only a cancelled order's money is given back", money{few: true, refundCreated: true},
		[]string{"payments/TestAnyOrderOfEventsEndsTheSame"}},
	{"refund-blindly", "A refund is looked for", money{few: true, refundBlindly: true}, []string{
		"payments/TestStripeFailsToRefund",
		"payments/TestAPaymentThatDies",
	}},
	{"believe-hooks", "A webhook is a hint", money{few: true, believeHooks: true},
		[]string{"payments/TestAWebhookIsAHint"}},

	{"no-feed", "Stripe's list of events is read", returns{noFeed: true}, []string{
		"payments/TestChangesWithoutAWebhookAreFound",
		"payments/TestStripesEventsAreReadAgainAndAgain",
	}},
	{"forget-events", "An event counts as read once it is handled", returns{forgetEvents: true},
		[]string{"payments/TestAnEventThatCannotBeHandledIsReadAgain"}},
	{"write-old", "A look writes only if the charge has not changed since", returns{writeOld: true},
		[]string{"payments/TestOvertakenChecksWriteNothingOld"}},
	{"keep-lost", "A lost dispute settles a cancelled order's charge", returns{keepLost: true},
		[]string{"payments/TestADisputedPaymentThatComesTooLateIsGivenBackOnce"}},
	{"ask-first", "Stripe is asked once the broker has payment:started", outage{askFirst: true}, []string{
		"payments/TestTheBrokerKnowsOfAPaymentBeforeStripeDoes",
		"payments/TestAPausedPaymentGoesOnOnce",
	}},
	{"leave-paused", "A paused payment ends when its order's time is up", outage{leavePaused: true},
		[]string{"payments/TestAPausedPaymentEndsWithItsOrder"}},
	{"sweep-away", "Orders ends nothing for its time without a session", outage{sweepAway: true},
		[]string{"orders/TestAnOutageCancelsNoOrderThatWasPaidInTime"}},
	{"sweep-at-once", "The sweep waits for longer than a silent broker goes unnoticed", outage{sweepAtOnce: true},
		[]string{"orders/TestTheSweepOutwaitsASilentBroker"}},
	{"no-catch-up", "Nor does it sweep before a new session has lasted", outage{noCatchUp: true},
		[]string{"orders/TestAnOutageCancelsNoOrderThatWasPaidInTime"}},
	{"hasty-catch-up", "A session has lasted once its silence would have been noticed", outage{hastyCatchUp: true},
		[]string{"orders/TestANewSessionLastsOnceItsSilenceWouldHaveBeenNoticed"}},
	{"obey-timer", "An expiration in a new session is left to the sweep", outage{obeyTimer: true},
		[]string{"orders/TestAnOutageCancelsNoOrderThatWasPaidInTime"}},
}

// spares are what makes it fast or polite. All holds without them.
var spares = []rule{
	{"withdrawn-on-sale", "Orders refuses new orders of a withdrawn ticket",
		reserve{withdrawnOnSale: true}, nil},
	{"set-anyway", "A release looks at the count that it sets",
		reserve{setAnyway: true}, nil},
	{"forget-count", "The count of released reservations is kept",
		reserve{forgetCount: true}, nil},
	{"end-awaiting", "awaiting:payment keeps time and buyer from ending an order",
		money{few: true, endAwaiting: true}, nil},
	{"pay-ended", "An order that has ended is not payable",
		money{few: true, payEnded: true}, nil},
	{"no-hints", "Webhooks and repeated POSTs look at a charge before the reconciler does",
		money{few: true, noHints: true}, nil},
	{"event-no-settle", "The order's events settle",
		money{few: true, eventNoSettle: true}, nil},
	{"pay-no-settle", "A payment that has succeeded settles",
		money{few: true, payNoSettle: true}, nil},
	{"no-webhooks", "Webhooks tell of refunds and disputes before the list does",
		returns{noHooks: true}, nil},
	{"no-look-refused", "A refused refund of what is disputed is looked into",
		returns{refundAsKept: true}, nil},
	{"open-door", "New payments are refused at the door while the broker is away",
		outage{openDoor: true}, nil},
}
