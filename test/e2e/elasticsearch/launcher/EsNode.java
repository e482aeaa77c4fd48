import java.lang.reflect.InvocationTargetException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Starts one Elasticsearch node in this JVM: EsNode HOME MODULES CONFIG key=value...
 * MODULES is the folder of modules to load, CONFIG has log4j2.properties. By reflection only, because a javac of 17
 * cannot read the engine's class files (Java 21); the class itself is compiled for 17 and runs on 21 or later.
 */
public final class EsNode {
    public static void main(String[] args) throws Exception {
        try {
            run(Path.of(args[0]).toAbsolutePath(), Path.of(args[1]), Path.of(args[2]), toSettings(args));
        } catch (InvocationTargetException e) {
            e.getCause().printStackTrace();
            System.exit(1);
        }
    }

    private static Map<String, String> toSettings(String[] args) {
        Map<String, String> settings = new HashMap<>();
        for (int i = 3; i < args.length; i++) {
            int equals = args[i].indexOf('=');
            settings.put(args[i].substring(0, equals), args[i].substring(equals + 1));
        }
        settings.put("path.home", args[0]);
        return settings;
    }

    private static void run(Path home, Path modules, Path config, Map<String, String> settings) throws Exception {
        Class<?> settingsClass = Class.forName("org.elasticsearch.common.settings.Settings");
        Class<?> environmentClass = Class.forName("org.elasticsearch.env.Environment");
        Object environment = Class.forName("org.elasticsearch.node.InternalSettingsPreparer")
            .getMethod("prepareEnvironment", settingsClass, Map.class, Path.class, Supplier.class)
            .invoke(null, settingsClass.getField("EMPTY").get(null), settings, config, (Supplier<String>) () -> "podflow-test");

        Class<?> log = Class.forName("org.elasticsearch.common.logging.LogConfigurator");
        log.getMethod("registerErrorListener").invoke(null);
        log.getMethod("configureESLogging").invoke(null);
        log.getMethod("configure", environmentClass, boolean.class).invoke(null, environment, true);

        // `false` says that the server is no named Java module here: all is on the class path, since the runtime lacks
        // jdk.jlink and jdk.jdi, which the engine's modules require. So the descriptors carry no modulename either.
        Class<?> loaderClass = Class.forName("org.elasticsearch.plugins.PluginsLoader");
        Object bundles = loaderClass.getMethod("loadModulesBundles", Path.class, boolean.class).invoke(null, modules, false);
        Object loader = loaderClass.getMethod("createPluginsLoader", Set.class, Set.class, Map.class, boolean.class)
            .invoke(null, bundles, Set.of(), Map.of(), false);

        Class<?> nodeClass = Class.forName("org.elasticsearch.node.Node");
        Object node = nodeClass.getConstructor(environmentClass, loaderClass).newInstance(environment, loader);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                nodeClass.getMethod("close").invoke(node);
            } catch (Exception e) {
                e.printStackTrace();
            }
        }));
        nodeClass.getMethod("start").invoke(node);
        endWithParent();
    }

    /** Whoever started the node holds the other end of standard input: however that ends, the node ends too. */
    private static void endWithParent() throws Exception {
        while (System.in.read() >= 0) {
        }
        System.exit(0);
    }
}
