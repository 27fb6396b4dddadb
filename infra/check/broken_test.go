package check

// broken are ways to get a manifest wrong, and what has to be said of each. Nothing else may be said: a
// check that complains of what it is not about does not tell what to mend.
var broken = []struct {
	file, old, new string
	want           []string
}{
	// What Kubernetes would not take.
	{"nats-depl.yaml", "replicas: 1", "replica: 1", []string{`StatefulSet nats: unknown field "spec.replica"`}},
	{"nats-depl.yaml", "replicas: 1", "Replicas: 1", []string{`StatefulSet nats: unknown field "spec.Replicas"`}},
	{"nats-depl.yaml", "replicas: 1", "replicas: one", []string{`StatefulSet nats: json: cannot unmarshal string into Go struct field StatefulSetSpec.spec.replicas of type int32`}},
	{"nats-depl.yaml", "replicas: 1", "replicas: 1\n  replicas: 2", []string{`yaml: unmarshal errors:
  line 7: key "replicas" already set in map`}},
	{"nats-depl.yaml", "apiVersion: apps/v1\nkind: StatefulSet", "apiVersion: apps/v1beta1\nkind: StatefulSet", []string{"StatefulSet nats: nothing here checks a StatefulSet of apps/v1beta1"}},

	// What refers to something.
	{"auth-depl.yaml", "matchLabels:\n      app: auth\n  strategy", "matchLabels:\n      app: author\n  strategy", []string{"Deployment auth: its selector does not match its pods"}},
	{"auth-depl.yaml", "matchLabels:\n              app: auth", "matchLabels:\n              app: author", []string{"Deployment auth: it spreads other pods than its own"}},
	{"expiration-depl.yaml", "selector:\n    app: expiration\n", "selector:\n    app: expirations\n", []string{"Service expiration-srv: it selects the pods of 0 workloads"}},
	{"auth-depl.yaml", "maxUnavailable: 1\n  unhealthyPodEvictionPolicy: AlwaysAllow\n  selector:\n    matchLabels:\n      app: auth", "maxUnavailable: 1\n  unhealthyPodEvictionPolicy: AlwaysAllow\n  selector:\n    matchLabels: {}", []string{
		"PodDisruptionBudget auth: it selects the pods of 12 workloads",
	}},
	{"expiration-depl.yaml", "targetPort: http", "targetPort: https", []string{"Service expiration-srv: port 3000 leads to https, which Deployment expiration does not have"}},
	{"expiration-depl.yaml", "port: 3000\n", "port: 80\n", []string{"Service expiration-srv with port 3000 is missing"}},
	{"ingress-srv.yaml", "name: client-srv", "name: clients-srv", []string{
		"Ingress ingress-srv: there is no Service clients-srv",
		"Ingress ingress-srv: the local gateway has other routes: " + routes,
		"NetworkPolicy: the ingress → client:3000 is opened by client for nothing",
	}},
	{"ingress-srv.yaml", "number: 3000\n          - path: /api/tickets", "number: 80\n          - path: /api/tickets", []string{
		"Ingress ingress-srv: Service auth-srv has no port 80",
		"Ingress ingress-srv: the local gateway has other routes: " + routes,
		"NetworkPolicy: the ingress → auth:3000 is opened by auth for nothing",
	}},
	{"ingress-srv.yaml", "path: /api/users", "path: /api/users/?(.*)", []string{
		"Ingress ingress-srv: path /api/users/?(.*) is no plain prefix",
		"Ingress ingress-srv: the local gateway has other routes: " + routes,
	}},
	{"ingress-srv.yaml", "ingressClassName: nginx", "defaultBackend: {resource: {kind: X, name: x}}", []string{"Ingress ingress-srv: no class"}},
	{"ingress-srv.yaml", "- ticketing.dev\n", "- www.ticketing.dev\n", []string{"Ingress ingress-srv: no TLS for ticketing.dev"}},
	{"client-depl.yaml", "- name: cache\n              mountPath", "- name: caches\n              mountPath", []string{
		"Deployment client: volume caches is not there", "Deployment client: volume cache is not mounted",
	}},
	{"client-depl.yaml", "sizeLimit: 64Mi", "medium: \"\"", []string{"Deployment client: volume cache may fill the node's disk"}},
	{"client-depl.yaml", "emptyDir:\n            sizeLimit: 64Mi", "hostPath:\n            path: /", []string{"Deployment client: volume cache is of another kind than the namespace allows"}},
	{"client-depl.yaml", "emptyDir:\n            sizeLimit: 64Mi", "persistentVolumeClaim:\n            claimName: cache", []string{
		"Deployment client: volume cache: there is no claim cache", "Deployment client: without fsGroup it may not write to its volume",
		"Deployment client: volume cache: claims are made by a StatefulSet here",
	}},
	{"nats-depl.yaml", "mountPath: /data", "mountPath: /data\n            - name: more\n              mountPath: /more", []string{"StatefulSet nats: volume more is not there"}},
	{"nats-depl.yaml", "        fsGroup: 65532\n", "", []string{"StatefulSet nats: without fsGroup it may not write to its volume"}},
	{"nats-depl.yaml", "replicas: 1", "replicas: 2", []string{"StatefulSet nats: more than one of it would each have data of its own"}},
	{"nats-depl.yaml", "storage: 5Gi", "memory: 5Gi", []string{"StatefulSet nats: claim data has no size"}},

	// What each program is given.
	{"orders-depl.yaml", "- name: MONGO_URI\n              value: mongodb://orders-mongo-srv:27017\n            ", "", []string{
		"Deployment orders: MONGO_URI is missing", "NetworkPolicy: orders → orders-mongo:27017 is opened by orders for nothing", "NetworkPolicy: orders → orders-mongo:27017 is opened by orders-mongo for nothing",
	}},
	{"expiration-depl.yaml", "- name: NATS_CLIENT_ID", "- name: NATS_CLIENT", []string{"Deployment expiration: it does not read NATS_CLIENT"}},
	{"auth-depl.yaml", "name: jwt-secret", "name: jwt", []string{"Deployment auth: docs/operations.md does not say how to make JWT_KEY of secret jwt"}},
	{"payments-depl.yaml", "key: STRIPE_KEY", "key: STRIPE_SECRET_KEY", []string{"Deployment payments: docs/operations.md does not say how to make STRIPE_SECRET_KEY of secret stripe-secret"}},
	{"client-depl.yaml", "key: STRIPE_PUBLISHABLE_KEY", "key: STRIPE_PUBLIC_KEY", []string{"Deployment client: docs/operations.md does not say how to make STRIPE_PUBLIC_KEY of secret stripe-secret"}},
	{"client-depl.yaml", "            items:\n              - key: STRIPE_PUBLISHABLE_KEY\n                path: publishable-key\n", "", []string{"Deployment client: volume stripe has all of secret stripe-secret"}},
	{"auth-depl.yaml", "valueFrom:\n                secretKeyRef:\n                  name: jwt-secret\n                  key: JWT_KEY", "value: asdf", []string{"Deployment auth: JWT_KEY is in the manifest, for all to read"}},
	{"client-depl.yaml", "- name: HOSTNAME\n              value: 0.0.0.0 # Kubernetes sets it to the name of the pod\n            ", "", []string{"Deployment client: HOSTNAME is missing"}},
	{"client-depl.yaml", "name: AUTH_URL", "name: USERS_URL", []string{"Deployment client: AUTH_URL is missing", "Deployment client: it does not read USERS_URL"}},
	{"auth-depl.yaml", "enableServiceLinks: false", "hostname: auth", []string{"Deployment auth: the addresses of all Services are in its environment"}},

	// What a pod may do.
	{"auth-depl.yaml", "runAsNonRoot: true", "runAsNonRoot: false", []string{"Deployment auth: it may run as root"}},
	{"auth-depl.yaml", "runAsUser: 65532", "runAsUser: 0", []string{"Deployment auth: it may run as root"}},
	{"nats-depl.yaml", "RuntimeDefault", "Unconfined", []string{"StatefulSet nats: it may make any system call"}},
	{"auth-depl.yaml", "serviceAccountName: auth", "serviceAccountName: auth\n      hostNetwork: true", []string{"Deployment auth: it sees the node"}},
	{"auth-depl.yaml", "containerPort: 3000", "containerPort: 3000\n              hostPort: 3000", []string{"Deployment auth: it takes port 3000 of the node"}},
	{"auth-depl.yaml", "allowPrivilegeEscalation: false", "privileged: true", []string{"Deployment auth: it may gain privileges"}},
	{"auth-depl.yaml", "- ALL", "- NET_RAW", []string{"Deployment auth: it keeps capabilities"}},
	{"auth-depl.yaml", "- ALL", "- ALL\n              add:\n                - NET_ADMIN", []string{"Deployment auth: it keeps capabilities"}},
	{"auth-depl.yaml", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: false\n            runAsUser: 0", []string{"Deployment auth: the container has other settings than its pod"}},
	{"auth-depl.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", []string{"Deployment auth: its root file system can be written"}},
	{"auth-depl.yaml", "      automountServiceAccountToken: false\n", "", []string{"Deployment auth: it is given a token"}},
	{"auth-depl.yaml", "name: auth\nautomountServiceAccountToken: false", "name: auth\nautomountServiceAccountToken: true", []string{`Deployment auth: there is no account "auth" without a token`}},
	{"client-depl.yaml", "serviceAccountName: client", "serviceAccountName: auth", []string{"Deployment client: it has the account of Deployment auth"}},
	{"auth-depl.yaml", "      containers:\n", "      initContainers:\n        - name: x\n      containers:\n", []string{"Deployment auth: the checks know of one container in a pod"}},

	// What a pod needs, and how it comes and goes.
	{"auth-depl.yaml", "cpu: 50m", "ephemeral-storage: 50M", []string{"Deployment auth: it does not say what it needs"}},
	{"auth-depl.yaml", "              memory: 256Mi\n", "", []string{"Deployment auth: its memory has no limit"}},
	{"auth-depl.yaml", "memory: 256Mi", "memory: 16Mi", []string{"Deployment auth: its memory has no limit"}},
	{"expiration-redis-depl.yaml", readinessOfRedis, "", []string{"StatefulSet expiration-redis: no readiness probe"}},
	{"auth-depl.yaml", "path: /readyz", "path: /healthz", []string{"Deployment auth: its readiness is not its own store's"}},
	{"auth-depl.yaml", "path: /healthz\n              port: http\n            periodSeconds: 10", "path: /readyz\n              port: http\n            periodSeconds: 10", []string{"Deployment auth: its liveness depends on others"}},
	{"auth-depl.yaml", "path: /healthz", "path: /health", []string{"Deployment auth: its startup probe asks for /health, which is no route"}},
	{"client-depl.yaml", "path: /healthz", "path: /nowhere", []string{"Deployment client: its startup probe asks for /nowhere, which is no route"}},
	{"nats-depl.yaml", "path: /healthz", "path: /health", []string{"StatefulSet nats: its liveness probe asks for /health, which is no route"}},
	{"auth-depl.yaml", "port: http\n            periodSeconds: 10", "port: 3001\n            periodSeconds: 10", []string{"Deployment auth: its liveness probe asks port 3001, which it does not have"}},
	{"auth-mongo-depl.yaml", "port: mongo\n            periodSeconds: 10", "port: mongodb\n            periodSeconds: 10", []string{"StatefulSet auth-mongo: its liveness probe asks port mongodb, which it does not have"}},
	{"auth-depl.yaml", "terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 30", []string{"Deployment auth: it is killed before it has drained, which takes 55s"}},
	{"auth-depl.yaml", "seconds: 10", "seconds: 1", []string{"Deployment auth: it closes its port while requests still come"}},
	{"auth-depl.yaml", "spec:\n  selector", "spec:\n  replicas: 2\n  selector", []string{"Deployment auth: every apply would set the number of pods back to 2, which its autoscaler decides"}},
	{"auth-depl.yaml", "maxUnavailable: 0", "maxUnavailable: 1", []string{"Deployment auth: a rolling update takes a pod away before there is a new one"}},
	{"auth-depl.yaml", "minReplicas: 2", "minReplicas: 1", []string{"HorizontalPodAutoscaler auth: it keeps fewer than two pods, or has no room above"}},
	{"auth-depl.yaml", "  minReplicas: 2\n", "", []string{"HorizontalPodAutoscaler auth: it keeps fewer than two pods, or has no room above"}},
	{"auth-depl.yaml", "maxReplicas: 6", "maxReplicas: 2", []string{"HorizontalPodAutoscaler auth: it keeps fewer than two pods, or has no room above"}},
	{"auth-depl.yaml", "kind: Deployment\n    name: auth", "kind: Deployment\n    name: author", []string{"Deployment auth: nothing scales it"}},
	{"auth-depl.yaml", "maxUnavailable: 1", "maxUnavailable: 0", []string{"Deployment auth: no budget lets one pod of it go at a time"}},
	{"auth-depl.yaml", spreadOfAuth, "", []string{"Deployment auth: its pods may all be on one node"}},
	{"auth-depl.yaml", "kind: Deployment\nmetadata:\n  name: auth\n", "kind: Deployment\nmetadata:\n  name: authority\n", []string{"Deployment auth is missing"}},

	// Who may speak with whom.
	{"network-policies.yaml", "podSelector: {}\n  policyTypes:\n    - Ingress\n    - Egress\n", "podSelector: {}\n  policyTypes:\n    - Ingress\n", []string{"NetworkPolicy: none closes all ways"}},
	{"network-policies.yaml", "              app: orders\n      ports:\n        - port: 27017", "              app: orders\n        - podSelector:\n            matchLabels:\n              app: auth\n      ports:\n        - port: 27017", []string{
		"NetworkPolicy: auth → orders-mongo:27017 is opened by orders-mongo for nothing",
	}},
	{"network-policies.yaml", "              app: auth-mongo\n      ports:\n        - port: 27017", "              app: orders-mongo\n      ports:\n        - port: 27017", []string{
		"NetworkPolicy: auth → auth-mongo:27017 is needed and closed by auth",
		"NetworkPolicy: auth → orders-mongo:27017 is opened by auth for nothing",
	}},
	{"network-policies.yaml", "              app: payments-mongo\n      ports:\n        - port: 27017", "              app: payments-mongo\n      ports:\n        - port: 27018", []string{"NetworkPolicy: payments → payments-mongo:27017 is needed and closed by payments"}},
	{"network-policies.yaml", "        - port: 443\n", "        - port: 443\n        - port: 80\n", []string{"NetworkPolicy: payments → the outside:80 is opened by payments for nothing"}},
	{"network-policies.yaml", "        - port: 443\n", "        - port: 444\n", []string{"NetworkPolicy: payments → the outside:443 is needed and closed by payments"}},
	{"network-policies.yaml", "kubernetes.io/metadata.name: ingress-nginx", "kubernetes.io/metadata.name: ingress", []string{"NetworkPolicy: the ingress → client:3000 is needed and closed by client"}},
	{"orders-depl.yaml", "nats://nats-srv:4222", "nats://nats-srv:4223", []string{
		"Deployment orders: nothing is at nats://nats-srv:4223", "NetworkPolicy: orders → nats:4222 is opened by orders for nothing", "NetworkPolicy: orders → nats:4222 is opened by nats for nothing",
	}},
	{"orders-depl.yaml", "nats://nats-srv:4222", "nats://stan-srv:4222", []string{
		"Deployment orders: nothing is at nats://stan-srv:4222", "NetworkPolicy: orders → nats:4222 is opened by orders for nothing", "NetworkPolicy: orders → nats:4222 is opened by nats for nothing",
	}},
	{"network-policies.yaml", "  podSelector:\n    matchLabels:\n      app: expiration-redis\n", "  podSelector:\n    matchLabels:\n      app: expiration-redis\n    matchExpressions: [{key: app, operator: Exists}]\n", []string{
		"NetworkPolicy expiration-redis: the checks know of labels, and of no expressions",
	}},
	{"network-policies.yaml", "k8s-app: kube-dns", "k8s-app: dns", []string{"cannot look names up"} /* all of them: see below */},
	{"network-policies.yaml", "cidr: 169.254.20.10/32", "cidr: 169.254.20.11/32", []string{"cannot look names up at a cache on its node"}},

	// What is run.
	{"auth-depl.yaml", "image: ticketing/auth", "image: ticketing/auth:latest", []string{"Deployment auth: ticketing/auth:latest is another image every day"}},
	{"auth-depl.yaml", "image: ticketing/auth", "image: tickets/auth", []string{`Deployment auth: nobody builds "tickets/auth"`, "skaffold.yaml: nothing runs ticketing/auth"}},
	{"nats-depl.yaml", "nats-streaming:0.25.6", "nats-streaming", []string{`StatefulSet nats: nobody builds "nats-streaming"`}},
	{"auth-depl.yaml", "IfNotPresent", "Always", []string{"Deployment auth: it always pulls, and never finds what minikube has built"}},
}

const (
	routes           = "[{/api/users auth-srv 3000} {/api/tickets tickets-srv 3000} {/api/orders orders-srv 3000} {/api/payments payments-srv 3000} {/ client-srv 3000}]"
	readinessOfRedis = `          readinessProbe:
            exec:
              command:
                - sh
                - -c
                - redis-cli ping | grep -q PONG
            periodSeconds: 5
            timeoutSeconds: 3
`
	spreadOfAuth = `      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app: auth
          matchLabelKeys:
            - pod-template-hash
`
)
