/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Records to JSON bytes and back. Thread-safe. */
public final class JsonCodec {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .configure(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES, false)
            .configure(DeserializationFeature.READ_UNKNOWN_ENUM_VALUES_USING_DEFAULT_VALUE, true)
            .configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.ALWAYS))
            .build();

    private JsonCodec() {}

    /** UTF-8 JSON without line breaks; null components are left out. */
    public static byte[] encode(Record value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of ours has no JSON form: " + value, e);
        }
    }

    /** The same for people to read. */
    public static String encodePretty(Object value) {
        try {
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("no JSON form: " + value, e);
        }
    }

    /**
     * Encodes a record over the bytes that it replaces: fields that this version does not know survive, at the top and
     * inside nested records and maps of records, so that parts of different versions can share a node.
     *
     * @param stored what is there now; ignored when it is not a JSON object
     */
    public static byte[] encodeOver(byte[] stored, Record value) {
        ObjectNode fresh = MAPPER.valueToTree(value);
        try {
            if (MAPPER.readTree(stored) instanceof ObjectNode old) {
                keepUnknown(old, fresh, value.getClass());
            }
        } catch (IOException e) {
            return encode(value);
        }
        return fresh.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    /**
     * @param where what the bytes are, for the error text: usually the path in ZooKeeper
     * @throws RegistryDataException when the bytes are not such a record
     */
    public static <T extends Record> T decode(byte[] json, Class<T> type, String where) {
        T value;
        try {
            value = MAPPER.readValue(json, type);
        } catch (IOException | RuntimeException e) {
            throw new RegistryDataException(
                    where + " does not hold a " + type.getSimpleName() + ": " + e.getMessage(), e);
        }
        if (value == null) {
            throw new RegistryDataException(where + " holds null (expected: a " + type.getSimpleName() + ")", null);
        }
        return value;
    }

    private static void keepUnknown(ObjectNode old, ObjectNode fresh, Class<?> type) {
        Set<String> known = new HashSet<>();
        for (RecordComponent component : type.getRecordComponents()) {
            known.add(component.getName());
            keepUnknownInside(old.get(component.getName()), fresh.get(component.getName()), component.getGenericType());
        }
        for (Map.Entry<String, JsonNode> field : old.properties()) {
            if (!known.contains(field.getKey())) {
                fresh.set(field.getKey(), field.getValue());
            }
        }
    }

    private static void keepUnknownInside(JsonNode old, JsonNode fresh, Type type) {
        if (!(old instanceof ObjectNode oldObject) || !(fresh instanceof ObjectNode freshObject)) {
            return;
        }
        if (type instanceof Class<?> nested && nested.isRecord()) {
            keepUnknown(oldObject, freshObject, nested);
        } else if (type instanceof ParameterizedType map
                && map.getRawType() == Map.class
                && map.getActualTypeArguments()[1] instanceof Class<?> valueType
                && valueType.isRecord()) {
            freshObject
                    .properties()
                    .forEach(entry -> keepUnknownInside(oldObject.get(entry.getKey()), entry.getValue(), valueType));
        }
    }
}
