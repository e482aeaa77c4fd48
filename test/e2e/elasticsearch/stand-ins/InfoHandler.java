import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.List;

/** GET and HEAD /, which the (unpublished) rest-root module answers in the distribution. */
final class InfoHandler {
    static Object create() {
        try {
            Class<?> handler = Class.forName("org.elasticsearch.rest.RestHandler");
            Class<?> method = Class.forName("org.elasticsearch.rest.RestRequest$Method");
            Class<?> status = Class.forName("org.elasticsearch.rest.RestStatus");
            Class<?> response = Class.forName("org.elasticsearch.rest.RestResponse");
            var route = Class.forName("org.elasticsearch.rest.RestHandler$Route").getConstructor(method, String.class);
            List<Object> routes = List.of(
                route.newInstance(method.getField("GET").get(null), "/"),
                route.newInstance(method.getField("HEAD").get(null), "/")
            );
            Class<?> buildClass = Class.forName("org.elasticsearch.Build");
            Object build = buildClass.getMethod("current").invoke(null);
            String body = String.format(
                "{\"name\":\"podflow-test\",\"cluster_name\":\"podflow-test\",\"cluster_uuid\":\"podflow-test\",\"version\":{\"number\":\"%s\",\"build_flavor\":\"%s\",\"build_hash\":\"%s\",\"lucene_version\":\"%s\"},\"tagline\":\"assembled from published jars\"}",
                buildClass.getMethod("version").invoke(build), buildClass.getMethod("flavor").invoke(build), buildClass.getMethod("hash").invoke(build),
                Class.forName("org.apache.lucene.util.Version").getField("LATEST").get(null));
            var respond = response.getConstructor(status, String.class, String.class);
            var send = Class.forName("org.elasticsearch.rest.RestChannel").getMethod("sendResponse", response);
            return Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] { handler }, (proxy, m, args) -> switch (m.getName()) {
                case "handleRequest" -> send.invoke(args[1], respond.newInstance(status.getField("OK").get(null), "application/json", body));
                case "routes" -> routes;
                case "toString" -> "InfoHandler";
                case "hashCode" -> System.identityHashCode(proxy);
                case "equals" -> proxy == args[0];
                default -> InvocationHandler.invokeDefault(proxy, m, args);
            });
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
