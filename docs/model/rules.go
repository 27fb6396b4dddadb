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
	{"limit", limit{}},
	{"money", money{}},
	{"returns", returns{}},
	{"outage", outage{}},
}

// fencing are the tests of the reservation number.
var fencing = []string{"tickets/TestLateEventsChangeNothing", "tickets/TestTicketFollowsItsOrders"}

// rule is a rule of the protocol, and its part without it.
type rule struct {
	name    string // of the part without the rule
	says    string // the rule
	without explorable
	// tests play the trace against the services. They are named by folder and function.
	tests []string
}

// rules are the rules that the protocol needs.
var rules = []rule{
	{"publish-after", "An event is committed with its change, not published after", outbox{publishAfter: true}, []string{
		"common/aggregate/TestACrashBetweenCommitAndPublishLosesNothing",
		"orders/TestAReservationIsOneWrite",
	}},
	{"publish-before", "An event is committed with its change, not published before", outbox{publishBefore: true},
		[]string{"orders/TestRefusedOrdersPublishNothing"}},
	{"any-version", "A writer replaces only the version that it read", outbox{anyVersion: true},
		[]string{"common/aggregate/TestConcurrentUpdatesAllCount"}},
	{"any-outbox", "A writer replaces only the outbox that it read", outbox{anyOutbox: true},
		[]string{"common/aggregate/TestAnUpdateDoesNotBringBackAPublishedEvent"}},
	{"overtake", "An event waits for the other replica's earlier events", outbox{overtake: true},
		[]string{"orders/TestNoEventOvertakesOneThatIsSlow"}},
	{"remove-first", "An event is removed after the broker has stored it", outbox{removeFirst: true},
		[]string{"common/aggregate/TestTheOutboxWaitsForTheBus"}},
	{"remove-any", "The removal names the event that it removes", outbox{removeAny: true},
		[]string{"orders/TestARemovalTakesNoOtherEvent"}},
	{"pass-failed", "A failed publication stops the later events", outbox{passFailed: true},
		[]string{"orders/TestNoEventOvertakesOneThatFails"}},
	{"sweep-young", "A sweep takes only events too old to be in progress", outbox{sweepYoung: true},
		[]string{"common/aggregate/TestAStalledBusGetsEveryEventOnce"}},
	{"no-sweep", "A sweep publishes what a crash left behind", outbox{noSweep: true}, []string{
		"common/aggregate/TestACrashBetweenCommitAndPublishLosesNothing",
		"orders/TestACrashBetweenCommitAndPublishLosesNoEvent",
		"payments/TestACrashBetweenCommitAndPublishLosesNoEvent",
		"tickets/TestCommittedEventsOutliveTheInstance",
	}},

	{"copy-any-version", "A copy is written only if its version is lower", copied{anyVersion: true}, []string{
		"orders/TestAnyOrderOfEventsEndsTheSame",
		"payments/TestAnyOrderOfEventsEndsTheSame",
	}},
	{"copy-one-round", "After a duplicate key the upsert is retried", copied{oneRound: true},
		[]string{"payments/TestConcurrentUpdatesOfACopyAreNotLost"}},

	{"any-slot", "A unique index gives a slot to one order", reserve{anySlot: true},
		[]string{"orders/TestOneOfFiftyBuyersWins"}},
	{"slot-apart", "Slot and order are one write", reserve{slotApart: true},
		[]string{"orders/TestAReservationIsOneWrite"}},
	{"increment", "A release sets the count from n-1 to n and never increments", reserve{increment: true},
		[]string{"orders/TestALateExpirationDoesNotEndTheNextOrder"}},
	{"release-first", "The count changes after the cancellation is stored", reserve{releaseFirst: true},
		[]string{"orders/TestATicketIsTakenUntilItsCancellationIsStored"}},
	{"no-repair", "A claim that finds a cancelled order corrects the count", reserve{noRepair: true},
		[]string{"orders/TestACrashAfterACancellationLocksNoTicket"}},
	{"no-self", "A claim that finds its own order has won", reserve{noSelf: true},
		[]string{"orders/TestALostAnswerIsNoRefusal"}},
	{"created-again", "order:created applies only to a higher reservation", reserve{createdAgain: true}, fencing},
	{"cancelled-new", "order:cancelled applies to the current reservation", reserve{cancelledNew: true}, fencing},
	{"cancelled-old", "order:cancelled doesn't apply to a lower reservation", reserve{cancelledOld: true}, fencing},
	{"cancelled-forgets", "order:cancelled keeps its reservation number", reserve{cancelledForgets: true}, fencing},
	{"completed-new", "order:completed applies to the current reservation", reserve{completedNew: true}, fencing},
	{"completed-forgets", "order:completed keeps its reservation number", reserve{completedForgets: true}, fencing},
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

	{"hold-counted", "A unique index gives a hold to one open order", limit{countFirst: true},
		[]string{"orders/TestConcurrentOrdersCannotExceedTheLimit"}},
	{"hold-apart", "The write that ends an order frees its hold", limit{giveApart: true},
		[]string{"orders/TestAUserCannotHaveMoreOpenOrdersThanTheLimit"}},
	{"hold-once", "A request whose hold was taken meanwhile picks again", limit{giveUp: true},
		[]string{"orders/TestConcurrentOrdersCannotExceedTheLimit"}},

	{"pay-cancelled", "payment:created doesn't complete a cancelled order", money{few: true, payCancelled: true},
		[]string{"orders/TestEventsOfPaymentsArriveInAnyOrder"}},
	{"start-ended", "payment:started doesn't reopen an ended order", money{few: true, startEnded: true},
		[]string{"orders/TestEventsOfPaymentsArriveInAnyOrder"}},
	{"pay-started", "payment:created completes an order before payment:started", money{few: true, payStarted: true},
		[]string{"orders/TestEventsOfPaymentsArriveInAnyOrder"}},
	{"fail-started", "payment:failed cancels an order before payment:started", money{few: true, failStarted: true},
		[]string{"orders/TestEventsOfPaymentsArriveInAnyOrder"}},
	{"ignore-failure", "A decline cancels the order", money{few: true, ignoreFailure: true}, []string{
		"orders/TestEventsOfPaymentsArriveInAnyOrder",
		"orders/TestAFailedPaymentCancels",
	}},
	{"trust-timer", "An early expiration is retried later", money{few: true, trustTimer: true},
		[]string{"orders/TestAnEarlyExpirationComesAgain"}},
	{"no-overdue", "orders ends overdue orders by itself", money{few: true, noOverdue: true},
		[]string{"orders/TestOverdueOrdersEndByThemselves"}},

	{"charge-each", "The charge has the order's id", money{few: true, chargeEach: true},
		[]string{"payments/TestAnOrderIsPaidOnce"}},
	{"confirm-first", "A PaymentIntent is stored before it is confirmed", money{few: true, confirmFirst: true},
		[]string{"payments/TestAPaymentThatDies"}},
	{"attach-ended", "A PaymentIntent is stored only while the charge is pending", money{few: true, attachEnded: true},
		[]string{"payments/TestAPaymentThatDies"}},
	{"attach-again", "A PaymentIntent is stored only if the charge has none", money{few: true, attachAgain: true},
		[]string{"payments/TestALostAnswerDoesNotCostTheOrder"}},
	{"fail-attached", "A charge fails without asking Stripe only if no PaymentIntent is stored", money{few: true, failAttached: true},
		[]string{"payments/TestAPaymentIntentThatIsStoredMeanwhileKeepsItsCharge"}},
	{"fail-first", "failed is written after the PaymentIntent is cancelled", money{few: true, failFirst: true}, []string{
		"payments/TestAPaymentThatDies",
		"payments/TestAPayerWhoConfirmsAgainAfterAFailureIsNotCharged",
	}},
	{"cancel-anyhow", "A cancellation that finds a success is a success", money{few: true, cancelAnyhow: true},
		[]string{"payments/TestAConfirmationBeforeTheCancellationPays"}},
	{"cancel-silent", "A cancellation without a response leaves the outcome open", money{few: true, cancelSilent: true},
		[]string{"payments/TestACancellationWithoutAnAnswerEndsNothing"}},
	{"impatient", "A payment counts as abandoned after a minute", money{few: true, impatient: true},
		[]string{"payments/TestAPaymentUnderWayIsNotEndedByAnother"}},
	{"no-reconciler", "The reconciler checks pending charges", money{few: true, noReconciler: true}, []string{
		"payments/TestAPaymentThatDies",
		"payments/TestAbandonedPaymentsEndByThemselves",
	}},
	{"leave-unasked", "It fails charges without a PaymentIntent", money{few: true, leaveUnasked: true},
		[]string{"payments/TestAPaymentThatDies"}},
	{"leave-open", "It cancels unconfirmed PaymentIntents", money{few: true, leaveOpen: true},
		[]string{"payments/TestAPaymentThatDies"}},
	{"leave-questions", "It cancels PaymentIntents that wait for the bank too long", money{few: true, leaveQuestions: true},
		[]string{"payments/TestAnUnansweredBankQuestionEndsInTime"}},
	{"no-settling", "It settles succeeded charges", money{few: true, noSettling: true},
		[]string{"payments/TestAPaymentThatSucceedsTooLateAndDiesIsRefunded"}},
	{"refund-created", "Only a cancelled order's payment is refunded", money{few: true, refundCreated: true},
		[]string{"payments/TestAnyOrderOfEventsEndsTheSame"}},
	{"refund-blindly", "An earlier refund is looked for first", money{few: true, refundBlindly: true}, []string{
		"payments/TestStripeFailsToRefund",
		"payments/TestAPaymentThatDies",
	}},
	{"believe-hooks", "A webhook is only a hint", money{few: true, believeHooks: true},
		[]string{"payments/TestAWebhookIsAHint"}},

	{"no-feed", "payments reads Stripe's list of events", returns{noFeed: true}, []string{
		"payments/TestChangesWithoutAWebhookAreFound",
		"payments/TestStripesEventsAreReadAgainAndAgain",
	}},
	{"forget-events", "An event counts as read after it was handled", returns{forgetEvents: true},
		[]string{"payments/TestAnEventThatCannotBeHandledIsReadAgain"}},
	{"write-old", "A check writes only if the charge is unchanged", returns{writeOld: true},
		[]string{"payments/TestAnOvertakenCheckWritesNoOldState"}},
	{"keep-lost", "A lost dispute settles the charge of a cancelled order", returns{keepLost: true},
		[]string{"payments/TestADisputedPaymentThatComesTooLateIsGivenBackOnce"}},
	{"ask-first", "Stripe is asked after the broker stored payment:started", outage{askFirst: true}, []string{
		"payments/TestTheBrokerKnowsOfAPaymentBeforeStripeDoes",
		"payments/TestAPausedPaymentGoesOnOnce",
	}},
	{"leave-paused", "A paused payment ends with its order's time", outage{leavePaused: true},
		[]string{"payments/TestAPausedPaymentEndsWithItsOrder"}},
	{"sweep-away", "orders expires nothing without a session", outage{sweepAway: true},
		[]string{"orders/TestAnOutageCancelsNoOrderThatWasPaidInTime"}},
	{"sweep-at-once", "The sweep waits longer than a silent broker goes unnoticed", outage{sweepAtOnce: true},
		[]string{"orders/TestTheSweepOutwaitsASilentBroker"}},
	{"no-catch-up", "The sweep waits until a new session has lasted", outage{noCatchUp: true},
		[]string{"orders/TestAnOutageCancelsNoOrderThatWasPaidInTime"}},
	{"hasty-catch-up", "A session has lasted once its silence would be noticed", outage{hastyCatchUp: true},
		[]string{"orders/TestANewSessionLastsOnceItsSilenceWouldHaveBeenNoticed"}},
	{"obey-timer", "A new session leaves expirations to the sweep", outage{obeyTimer: true},
		[]string{"orders/TestAnOutageCancelsNoOrderThatWasPaidInTime"}},
}

// spares are rules that only improve speed or messages. All promises hold without them.
var spares = []rule{
	{"withdrawn-on-sale", "Orders refuses new orders of a withdrawn ticket",
		reserve{withdrawnOnSale: true}, nil},
	{"set-anyway", "A release checks the count that it sets",
		reserve{setAnyway: true}, nil},
	{"forget-count", "The count of released reservations is never lost",
		reserve{forgetCount: true}, nil},
	{"end-awaiting", "awaiting:payment stops the timer and the buyer",
		money{few: true, endAwaiting: true}, nil},
	{"pay-ended", "An ended order can't be paid",
		money{few: true, payEnded: true}, nil},
	{"no-hints", "Webhooks and repeated POSTs check a charge before the reconciler",
		money{few: true, noHints: true}, nil},
	{"event-no-settle", "An order's events settle its charge",
		money{few: true, eventNoSettle: true}, nil},
	{"pay-no-settle", "A succeeded payment settles its charge",
		money{few: true, payNoSettle: true}, nil},
	{"no-webhooks", "Webhooks report refunds and disputes before the list",
		returns{noHooks: true}, nil},
	{"no-look-refused", "A refund refused for a dispute is followed by a check",
		returns{refundAsKept: true}, nil},
	{"open-door", "New payments are refused early while the broker is away",
		outage{openDoor: true}, nil},
}
