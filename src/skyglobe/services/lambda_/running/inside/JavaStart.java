// A client of the Lambda Runtime API (2018-06-01) for functions in Java, run from source by a JDK.
//
// Handlers are as on AWS: a class that implements RequestHandler or RequestStreamHandler, or any method named as
// Class::method that takes an event, a Context, both, or an input and an output stream. The interfaces come with the
// function (aws-lambda-java-core); they are met by name, so that functions without them work too.

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.reflect.Array;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.net.HttpURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

public final class JavaStart {
    private static final String API = "http://" + System.getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/";
    private static final String LIBRARY = "com.amazonaws.services.lambda.runtime.";

    public static void main(String[] arguments) throws Exception {
        Handler handler;
        try {
            handler = Handler.named(System.getenv("_HANDLER"));
        } catch (Throwable error) {
            Throwable cause = rootOf(error);
            cause.printStackTrace(System.out);
            post("init/error", described(cause), typeOf(cause));
            System.exit(1);
            return;
        }
        while (true) {
            serve(handler);
        }
    }

    private static void serve(Handler handler) throws Exception {
        HttpURLConnection asked = (HttpURLConnection) new URL(API + "invocation/next").openConnection();
        byte[] event;
        try (InputStream body = asked.getInputStream()) {
            event = body.readAllBytes();
        }
        String id = asked.getHeaderField("Lambda-Runtime-Aws-Request-Id");
        String trace = asked.getHeaderField("Lambda-Runtime-Trace-Id");
        if (trace != null) {
            System.setProperty("com.amazonaws.xray.traceHeader", trace);
        }
        try {
            post("invocation/" + id + "/response", handler.handle(event, asked), null);
        } catch (Throwable error) {
            Throwable cause = rootOf(error);
            cause.printStackTrace(System.out);
            post("invocation/" + id + "/error", described(cause), typeOf(cause));
            if (cause instanceof VirtualMachineError) {
                System.exit(1);
            }
        } finally {
            System.out.flush();
        }
    }

    private static void post(String where, byte[] body, String errorType) throws IOException {
        HttpURLConnection sent = (HttpURLConnection) new URL(API + where).openConnection();
        sent.setRequestMethod("POST");
        sent.setDoOutput(true);
        sent.setFixedLengthStreamingMode(body.length);
        sent.setRequestProperty("Content-Type", "application/json");
        if (errorType != null) {
            sent.setRequestProperty("Lambda-Runtime-Function-Error-Type", errorType);
        }
        try (OutputStream out = sent.getOutputStream()) {
            out.write(body);
        }
        InputStream answer = sent.getResponseCode() < 400 ? sent.getInputStream() : sent.getErrorStream();
        if (answer != null) {
            answer.readAllBytes();
            answer.close();
        }
    }

    // Errors

    private static Throwable rootOf(Throwable error) {
        return error instanceof InvocationTargetException && error.getCause() != null ? error.getCause() : error;
    }

    private static String typeOf(Throwable error) {
        if (error instanceof ClassNotFoundException) {
            return "Runtime.ClassNotFound";
        }
        return error instanceof NoSuchMethodException ? "Runtime.HandlerNotFound" : error.getClass().getName();
    }

    private static byte[] described(Throwable error) {
        Map<String, Object> found = new LinkedHashMap<>();
        found.put("errorMessage", error.getMessage());
        found.put("errorType", error.getClass().getName());
        List<Object> frames = new ArrayList<>();
        for (StackTraceElement frame : error.getStackTrace()) {
            frames.add(frame.toString());
        }
        found.put("stackTrace", frames);
        return Json.write(found).getBytes(StandardCharsets.UTF_8);
    }

    // Handlers

    private record Handler(Object instance, Method method, Class<?> context) {
        static Handler named(String name) throws Exception {
            String[] parts = name.split("::", 2);
            Class<?> type = Class.forName(parts[0]);
            Class<?> context = null;
            try {
                context = Class.forName(LIBRARY + "Context", false, type.getClassLoader());
            } catch (ClassNotFoundException absent) {
                // The function does without.
            }
            Method method = find(type, parts.length == 2 ? parts[1] : "handleRequest");
            method.setAccessible(true);
            Object instance = Modifier.isStatic(method.getModifiers()) ? null : type.getDeclaredConstructor().newInstance();
            return new Handler(instance, method, context);
        }

        // The method with the most parameters; among equals, one that is no compiler's bridge.
        private static Method find(Class<?> type, String name) throws NoSuchMethodException {
            return Arrays.stream(type.getMethods())
                    .filter(method -> method.getName().equals(name) && !method.isBridge())
                    .max(Comparator.comparingInt(Method::getParameterCount))
                    .orElseThrow(() -> new NoSuchMethodException("Handler " + name + " missing on class " + type.getName()));
        }

        byte[] handle(byte[] event, HttpURLConnection request) throws Exception {
            Class<?>[] types = method.getParameterTypes();
            Object[] given = new Object[types.length];
            ByteArrayOutputStream out = null;
            for (int at = 0; at < types.length; at++) {
                if (types[at] == InputStream.class) {
                    given[at] = new ByteArrayInputStream(event);
                } else if (types[at] == OutputStream.class) {
                    given[at] = out = new ByteArrayOutputStream();
                } else if (types[at] == context) {
                    given[at] = contextOf(request);
                } else {
                    Object parsed = Json.read(new String(event, StandardCharsets.UTF_8));
                    given[at] = Json.as(parsed, method.getGenericParameterTypes()[at]);
                }
            }
            Object result = method.invoke(instance, given);
            return out != null ? out.toByteArray() : Json.write(result).getBytes(StandardCharsets.UTF_8);
        }

        private Object contextOf(HttpURLConnection request) {
            long deadline = Long.parseLong(request.getHeaderField("Lambda-Runtime-Deadline-Ms"));
            return Proxy.newProxyInstance(context.getClassLoader(), new Class<?>[] {context}, (proxy, asked, given) ->
                switch (asked.getName()) {
                    case "getAwsRequestId" -> request.getHeaderField("Lambda-Runtime-Aws-Request-Id");
                    case "getInvokedFunctionArn" -> request.getHeaderField("Lambda-Runtime-Invoked-Function-Arn");
                    case "getRemainingTimeInMillis" -> (int) (deadline - System.currentTimeMillis());
                    case "getFunctionName" -> System.getenv("AWS_LAMBDA_FUNCTION_NAME");
                    case "getFunctionVersion" -> System.getenv("AWS_LAMBDA_FUNCTION_VERSION");
                    case "getLogGroupName" -> System.getenv("AWS_LAMBDA_LOG_GROUP_NAME");
                    case "getLogStreamName" -> System.getenv("AWS_LAMBDA_LOG_STREAM_NAME");
                    case "getMemoryLimitInMB" -> Integer.parseInt(System.getenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"));
                    case "getLogger" -> loggerFor(asked.getReturnType());
                    case "toString" -> "Context";
                    case "hashCode" -> System.identityHashCode(proxy);
                    case "equals" -> proxy == given[0];
                    default -> null;
                });
        }

        private static Object loggerFor(Class<?> type) {
            return Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, asked, given) -> {
                if (asked.getName().equals("log") && given[0] != null) {
                    String text = given[0] instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : given[0].toString();
                    System.out.print(text.endsWith("\n") ? text : text + "\n");
                    System.out.flush();
                }
                return null;
            });
        }
    }

    // JSON, and what Java makes of it

    private static final class Json {
        private final String text;
        private int at;

        private Json(String text) {
            this.text = text;
        }

        static Object read(String text) {
            Json json = new Json(text);
            Object found = json.value();
            json.space();
            if (json.at != text.length()) {
                throw new IllegalArgumentException("not JSON at " + json.at);
            }
            return found;
        }

        private void space() {
            while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
        }

        private boolean takes(char wanted) {
            space();
            if (at < text.length() && text.charAt(at) == wanted) {
                at++;
                return true;
            }
            return false;
        }

        private void need(char wanted) {
            if (!takes(wanted)) {
                throw new IllegalArgumentException("not JSON at " + at + ": no " + wanted);
            }
        }

        private Object value() {
            space();
            char first = at < text.length() ? text.charAt(at) : ' ';
            if (first == '{') {
                return object();
            }
            if (first == '[') {
                return array();
            }
            if (first == '"') {
                return string();
            }
            int start = at;
            while (at < text.length() && "+-.0123456789abcdefghijklmnopqrstuvwxyzE".indexOf(text.charAt(at)) >= 0) {
                at++;
            }
            String word = text.substring(start, at);
            return switch (word) {
                case "null" -> null;
                case "true" -> true;
                case "false" -> false;
                default -> number(word);
            };
        }

        private static Object number(String word) {
            if (word.matches("-?\\d{1,18}")) {
                long found = Long.parseLong(word);
                return found == (int) found ? (Object) (int) found : (Object) found;
            }
            return Double.valueOf(word);
        }

        private Map<String, Object> object() {
            Map<String, Object> found = new LinkedHashMap<>();
            need('{');
            if (takes('}')) {
                return found;
            }
            do {
                space();
                String name = string();
                need(':');
                found.put(name, value());
            } while (takes(','));
            need('}');
            return found;
        }

        private List<Object> array() {
            List<Object> found = new ArrayList<>();
            need('[');
            if (takes(']')) {
                return found;
            }
            do {
                found.add(value());
            } while (takes(','));
            need(']');
            return found;
        }

        private String string() {
            need('"');
            StringBuilder found = new StringBuilder();
            while (true) {
                char next = text.charAt(at++);
                if (next == '"') {
                    return found.toString();
                }
                if (next != '\\') {
                    found.append(next);
                    continue;
                }
                next = text.charAt(at++);
                switch (next) {
                    case 'n' -> found.append('\n');
                    case 't' -> found.append('\t');
                    case 'r' -> found.append('\r');
                    case 'b' -> found.append('\b');
                    case 'f' -> found.append('\f');
                    case 'u' -> {
                        found.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                        at += 4;
                    }
                    default -> found.append(next);
                }
            }
        }

        static String write(Object value) {
            StringBuilder out = new StringBuilder();
            write(value, out);
            return out.toString();
        }

        private static void write(Object value, StringBuilder out) {
            if (value == null || value instanceof Boolean || value instanceof Number) {
                out.append(value);
            } else if (value instanceof CharSequence || value instanceof Character || value instanceof Enum<?>) {
                quote(value.toString(), out);
            } else if (value instanceof byte[] bytes) {
                quote(Base64.getEncoder().encodeToString(bytes), out);
            } else if (value instanceof Map<?, ?> map) {
                writeMap(map, out);
            } else if (value instanceof Iterable<?> items) {
                writeItems(items, out);
            } else if (value.getClass().isArray()) {
                List<Object> items = new ArrayList<>();
                for (int each = 0; each < Array.getLength(value); each++) {
                    items.add(Array.get(value, each));
                }
                writeItems(items, out);
            } else {
                writeMap(propertiesOf(value), out);
            }
        }

        private static void writeMap(Map<?, ?> map, StringBuilder out) {
            String before = "{";
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                out.append(before);
                quote(String.valueOf(entry.getKey()), out);
                out.append(':');
                write(entry.getValue(), out);
                before = ",";
            }
            out.append(before.equals("{") ? "{}" : "}");
        }

        private static void writeItems(Iterable<?> items, StringBuilder out) {
            String before = "[";
            for (Object item : items) {
                out.append(before);
                write(item, out);
                before = ",";
            }
            out.append(before.equals("[") ? "[]" : "]");
        }

        private static void quote(String text, StringBuilder out) {
            out.append('"');
            for (char each : text.toCharArray()) {
                switch (each) {
                    case '"' -> out.append("\\\"");
                    case '\\' -> out.append("\\\\");
                    case '\n' -> out.append("\\n");
                    case '\r' -> out.append("\\r");
                    case '\t' -> out.append("\\t");
                    default -> {
                        if (each < ' ') {
                            out.append(String.format("\\u%04x", (int) each));
                        } else {
                            out.append(each);
                        }
                    }
                }
            }
            out.append('"');
        }

        // Records by their components, everything else by its getters.
        private static Map<String, Object> propertiesOf(Object value) {
            Map<String, Object> found = new LinkedHashMap<>();
            try {
                if (value.getClass().isRecord()) {
                    for (RecordComponent component : value.getClass().getRecordComponents()) {
                        component.getAccessor().setAccessible(true);
                        found.put(component.getName(), component.getAccessor().invoke(value));
                    }
                    return found;
                }
                for (Method method : value.getClass().getMethods()) {
                    String name = method.getName();
                    int prefix = name.startsWith("get") ? 3 : name.startsWith("is") ? 2 : 0;
                    if (prefix > 0 && name.length() > prefix && method.getParameterCount() == 0 && !name.equals("getClass")) {
                        method.setAccessible(true);
                        found.put(Character.toLowerCase(name.charAt(prefix)) + name.substring(prefix + 1), method.invoke(value));
                    }
                }
            } catch (ReflectiveOperationException error) {
                throw new IllegalArgumentException("cannot write " + value.getClass().getName(), error);
            }
            return found;
        }

        // Returns what was read as a handler's parameter type: plain values, collections, records, beans.
        static Object as(Object value, Type type) throws ReflectiveOperationException {
            Class<?> raw = (Class<?>) (type instanceof ParameterizedType of ? of.getRawType() : type instanceof Class<?> ? type : Object.class);
            if (value == null || raw == Object.class) {
                return value;
            }
            if (raw == String.class) {
                return value instanceof String ? value : write(value);
            }
            if (value instanceof Number number) {
                return switch (raw.getSimpleName()) {
                    case "int", "Integer" -> number.intValue();
                    case "long", "Long" -> number.longValue();
                    case "double", "Double" -> number.doubleValue();
                    case "float", "Float" -> number.floatValue();
                    case "short", "Short" -> number.shortValue();
                    default -> value;
                };
            }
            if (value instanceof List<?> items && type instanceof ParameterizedType of) {
                List<Object> found = new ArrayList<>();
                for (Object item : items) {
                    found.add(as(item, of.getActualTypeArguments()[0]));
                }
                return found;
            }
            if (!(value instanceof Map<?, ?> map)) {
                return value;
            }
            if (raw.isAssignableFrom(LinkedHashMap.class)) {
                if (type instanceof ParameterizedType of) {
                    Map<Object, Object> found = new LinkedHashMap<>();
                    for (Map.Entry<?, ?> entry : map.entrySet()) {
                        found.put(entry.getKey(), as(entry.getValue(), of.getActualTypeArguments()[1]));
                    }
                    return found;
                }
                return map;
            }
            return raw.isRecord() ? recordOf(map, raw) : beanOf(map, raw);
        }

        private static Object recordOf(Map<?, ?> map, Class<?> type) throws ReflectiveOperationException {
            RecordComponent[] components = type.getRecordComponents();
            Class<?>[] types = new Class<?>[components.length];
            Object[] given = new Object[components.length];
            for (int at = 0; at < components.length; at++) {
                types[at] = components[at].getType();
                given[at] = as(map.get(components[at].getName()), components[at].getGenericType());
            }
            var made = type.getDeclaredConstructor(types);
            made.setAccessible(true);
            return made.newInstance(given);
        }

        private static Object beanOf(Map<?, ?> map, Class<?> type) throws ReflectiveOperationException {
            var constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
            Object made = constructor.newInstance();
            for (Method method : type.getMethods()) {
                String name = method.getName();
                if (name.startsWith("set") && name.length() > 3 && method.getParameterCount() == 1) {
                    String property = Character.toLowerCase(name.charAt(3)) + name.substring(4);
                    if (map.containsKey(property)) {
                        method.setAccessible(true);
                        method.invoke(made, as(map.get(property), method.getGenericParameterTypes()[0]));
                    }
                }
            }
            return made;
        }
    }
}
