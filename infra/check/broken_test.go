package check

// broken are mistakes in a rendered object, each with every complaint that the checks must make.
var broken = []struct {
	object, old, new string
	want             []string
}{
	// The API server refuses these.
	{"StatefulSet nats", "replicas: 1", "replica: 1", []string{`StatefulSet nats: strict decoding error: unknown field "spec.replica"`}},
	{"StatefulSet nats", "replicas: 1", "Replicas: 1", []string{`StatefulSet nats: strict decoding error: unknown field "spec.Replicas"`}},
	{"StatefulSet nats", "replicas: 1", "replicas: one", []string{`StatefulSet nats: json: cannot unmarshal string into Go struct field StatefulSetSpec.spec.replicas of type int32`}},
	{"StatefulSet nats", "apiVersion: apps/v1\n", "apiVersion: apps/v1beta1\n", []string{"StatefulSet nats: no check covers this kind and version"}},

	// The libraries' rules. Their own tests cover the rest.
	{"Deployment auth", "runAsNonRoot: true", "runAsNonRoot: false", []string{`Deployment auth: runAsNonRoot != true: pod must not set securityContext.runAsNonRoot=false`}},
	{"Deployment auth", "- ALL", "- NET_RAW", []string{`Deployment auth: unrestricted capabilities: container "auth" must set securityContext.capabilities.drop=["ALL"]`}},
	{"Deployment auth", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", []string{"Deployment auth: container-security-context-readonlyrootfilesystem: The pod has a container with a writable root filesystem"}},
	{"HorizontalPodAutoscaler auth", "minReplicas: 2", "minReplicas: 1", []string{"HorizontalPodAutoscaler auth: horizontalpodautoscaler-replicas: HPA few replicas"}},

	// References.
	{"Service expiration-srv", "app: expiration\n", "app: expirations\n", []string{
		"Service expiration-srv: selects 0 workloads", "Service expiration-srv: service-targets-pod: The services selector does not match any pods",
	}},
	{"PodDisruptionBudget auth", "app: auth\n", "app: auths\n", []string{
		"PodDisruptionBudget auth: selects 0 workloads", "Deployment auth: deployment-has-poddisruptionbudget: No matching PodDisruptionBudget was found",
		"Deployment auth: no autoscaler, or no budget that lets one pod go",
	}},
	{"Service expiration-srv", "targetPort: http", "targetPort: https", []string{"Service expiration-srv: Deployment expiration has no port https"}},
	{"Service expiration-srv", "port: 3000\n", "port: 80\n", []string{"Service expiration-srv with port 3000 is missing"}},
	{"Ingress ingress-srv", "path: /api/users", "path: /api/users/?(.*)", []string{
		"Ingress ingress-srv: routes ROUTES with /api/users/?(.*), but the local gateway has ROUTES",
	}},
	{"Ingress ingress-srv", "ingressClassName: nginx", "defaultBackend: {resource: {kind: X, name: x}}", []string{"Ingress ingress-srv: no class"}},
	{"Ingress ingress-srv", "    - ticketing.dev\n", "    - www.ticketing.dev\n", []string{"Ingress ingress-srv: no TLS for ticketing.dev"}},
	{"Deployment client", "sizeLimit: 64Mi", "medium: \"\"", []string{"Deployment client: volume cache may fill the node's disk"}},
	{"Deployment client", "emptyDir:\n          sizeLimit: 64Mi", "persistentVolumeClaim:\n          claimName: cache", []string{
		"Deployment client: claim cache doesn't exist", "Deployment client: can't write to its volume without fsGroup",
	}},

	// Environment and secrets.
	{"Deployment orders", "name: MONGO_URI", "name: MONGO", []string{"Deployment orders: MONGO_URI is missing", "Deployment orders: the program doesn't read MONGO"}},
	{"Deployment auth", "name: jwt-secret", "name: jwt", []string{"Deployment auth: docs/operations.md doesn't create JWT_KEY of secret jwt"}},
	{"Deployment client", "key: STRIPE_PUBLISHABLE_KEY", "key: STRIPE_PUBLIC_KEY", []string{"Deployment client: docs/operations.md doesn't create STRIPE_PUBLIC_KEY of secret stripe-secret"}},
	{"Deployment client", "          items:\n          - key: STRIPE_PUBLISHABLE_KEY\n            path: publishable-key\n", "", []string{"Deployment client: volume stripe mounts all of secret stripe-secret"}},
	{"Deployment auth", "valueFrom:\n            secretKeyRef:\n              key: JWT_KEY\n              name: jwt-secret", "value: asdf", []string{"Deployment auth: the secret JWT_KEY is in the manifest"}},

	{"Deployment orders", "value: 115MiB", "value: 128MiB", []string{`Deployment orders: GOMEMLIMIT "128MiB" isn't below the memory limit of 128Mi`}},
	{"Deployment orders", "name: GOMEMLIMIT\n          value: 115MiB", "name: GOMEMLIMIT\n          value: \"\"", []string{`Deployment orders: GOMEMLIMIT "" isn't below the memory limit of 128Mi`}},

	// Accounts and containers.
	{"Deployment client", "serviceAccountName: client", "serviceAccountName: auth", []string{"Deployment client: shares a ServiceAccount with Deployment auth"}},
	{"Deployment client", "serviceAccountName: client", "serviceAccountName: other", []string{`Deployment client: ServiceAccount "other" doesn't exist`}},

	// Starting, stopping and scaling.
	{"Deployment auth", "path: /readyz", "path: /healthz", []string{"Deployment auth: readiness probe: want /readyz"}},
	{"StatefulSet nats", "path: /healthz", "path: /health", []string{"StatefulSet nats: liveness probe: the program has no route /health"}},
	{"StatefulSet auth-mongo", "port: mongo\n          timeoutSeconds: 5", "port: mongodb\n          timeoutSeconds: 5", []string{"StatefulSet auth-mongo: liveness probe: the container has no port mongodb"}},
	{"Deployment auth", "terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 30", []string{"Deployment auth: killed before it has drained, which takes 55s"}},
	{"Deployment auth", "seconds: 10", "seconds: 1", []string{"Deployment auth: closes its port while requests still arrive"}},
	{"PodDisruptionBudget auth", "maxUnavailable: 1", "maxUnavailable: 0", []string{"Deployment auth: no autoscaler, or no budget that lets one pod go"}},

	// Network policies.
	{"NetworkPolicy nothing-else", "  - Egress\n", "", []string{"NetworkPolicy: none denies everything by default"}},
	{"NetworkPolicy orders-mongo", "          app: orders\n", "          app: tickets\n", []string{
		"NetworkPolicy: orders → orders-mongo:27017 is needed, but orders-mongo doesn't allow it",
		"NetworkPolicy: tickets → orders-mongo:27017 is allowed by orders-mongo, but nothing needs it",
	}},
	{"NetworkPolicy auth", "app: auth-mongo", "app: orders-mongo", []string{
		"NetworkPolicy: auth → auth-mongo:27017 is needed, but auth doesn't allow it",
		"NetworkPolicy: auth → orders-mongo:27017 is allowed by auth, but nothing needs it",
	}},
	{"NetworkPolicy payments", "port: 443\n", "port: 80\n", []string{
		"NetworkPolicy: payments → the outside:443 is needed, but payments doesn't allow it",
		"NetworkPolicy: payments → the outside:80 is allowed by payments, but nothing needs it",
	}},
	{"NetworkPolicy client", "kubernetes.io/metadata.name: ingress-nginx", "kubernetes.io/metadata.name: ingress", []string{
		"NetworkPolicy: the ingress → client:3000 is needed, but client doesn't allow it",
		"NetworkPolicy: another namespace → client:3000 is allowed by client, but nothing needs it",
	}},
	{"Deployment orders", "nats://nats-srv:4222", "nats://nats-srv:4223", []string{
		"Deployment orders: no Service has the address nats://nats-srv:4223",
		"NetworkPolicy: orders → nats:4222 is allowed by orders, but nothing needs it", "NetworkPolicy: orders → nats:4222 is allowed by nats, but nothing needs it",
	}},
	{"NetworkPolicy names", "podSelector: {}", "podSelector: {matchExpressions: [{key: app, operator: NotIn, values: [auth]}]}", []string{
		"NetworkPolicy: auth → DNS on the node:53 is needed, but auth doesn't allow it", "NetworkPolicy: auth → DNS:53 is needed, but auth doesn't allow it",
	}},

	// Images.
	{"Deployment auth", "image: ticketing/auth", "image: ticketing/auth:latest", []string{`Deployment auth: skaffold doesn't build "ticketing/auth:latest", and it has no version`}},
	{"Deployment auth", "image: ticketing/auth", "image: tickets/auth", []string{`Deployment auth: skaffold doesn't build "tickets/auth", and it has no version`, "skaffold.yaml: no workload runs ticketing/auth"}},
	{"StatefulSet nats", "nats-streaming:0.25.6", "nats-streaming", []string{`StatefulSet nats: skaffold doesn't build "nats-streaming", and it has no version`}},
}
