/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsSchemaTest {
    private final SettingsSchema schema = new SettingsSchema("shop.");
    private final Setting<String> name = schema.text("shop.name", "corner", "[a-z]+", "Its name.");
    private final Setting<Optional<String>> motto = schema.optionalText("shop.motto", "Its motto.");
    private final Setting<List<String>> goods = schema.list("shop.goods", "bread, milk", "What it sells.");
    private final Setting<Boolean> open = schema.flag("shop.open", true, "Whether it is open.");
    private final Setting<Integer> staff = schema.integer("shop.staff", 2, 1, 10, "Who works there.");
    private final Setting<Integer> shelves =
            schema.integer("shop.shelves", 5, 1, Integer.MAX_VALUE, "Where things stand.");
    private final Setting<Duration> lunch =
            schema.duration("shop.lunch", "30m", Duration.ofMinutes(1), Duration.ofHours(2), "How long lunch is.");
    private final Setting<Integer> room = schema.memoryMiB("shop.room", "1g", 256, "How much fits in.");
    private final Setting<Optional<Integer>> cellar = schema.optionalMemoryMiB("shop.cellar", 0, "What fits below.");
    private final Setting<Map<String, String>> prices = schema.family("shop.price.*", "What things cost.");

    @Test
    void everyKindHasItsDefault() throws SettingsException {
        Settings settings = schema.read(Map.of());

        assertThat(settings.get(name)).isEqualTo("corner");
        assertThat(settings.get(motto)).isEmpty();
        assertThat(settings.get(goods)).containsExactly("bread", "milk");
        assertThat(settings.get(open)).isTrue();
        assertThat(settings.get(staff)).isEqualTo(2);
        assertThat(settings.get(shelves)).isEqualTo(5);
        assertThat(settings.get(lunch)).isEqualTo(Duration.ofMinutes(30));
        assertThat(settings.get(room)).isEqualTo(1024);
        assertThat(settings.get(cellar)).isEmpty();
        assertThat(settings.get(prices)).isEmpty();
        assertThat(settings.given()).isEmpty();
        assertThat(settings.isGiven(staff)).isFalse();
    }

    @Test
    void everyKindIsReadFromWhatWasGiven() throws SettingsException {
        Settings settings = schema.read(given(Map.of(
                "shop.name", " market ",
                "shop.motto", "always fresh",
                "shop.goods", "eggs,, cheese ,",
                "shop.open", "FALSE",
                "shop.staff", "10",
                "shop.shelves", "1000000",
                "shop.lunch", "90 min",
                "shop.room", "512",
                "shop.cellar", "2g",
                "shop.price.bread", "3")));

        assertThat(settings.get(name)).isEqualTo("market");
        assertThat(settings.get(motto)).contains("always fresh");
        assertThat(settings.get(goods)).containsExactly("eggs", "cheese");
        assertThat(settings.get(open)).isFalse();
        assertThat(settings.get(staff)).isEqualTo(10);
        assertThat(settings.get(shelves)).isEqualTo(1_000_000);
        assertThat(settings.get(lunch)).isEqualTo(Duration.ofMinutes(90));
        assertThat(settings.get(room)).isEqualTo(512);
        assertThat(settings.get(cellar)).contains(2048);
        assertThat(settings.get(prices)).containsExactly(Map.entry("bread", "3"));
        assertThat(settings.isGiven(staff)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "shop.name, UPPER, text like [a-z]+",
        "shop.open, yes, true or false",
        "shop.staff, 0, '1 to 10'",
        "shop.staff, 11, '1 to 10'",
        "shop.staff, ten, '1 to 10'",
        "shop.shelves, 0, at least 1",
        "shop.lunch, 30, with a unit",
        "shop.lunch, 30 weeks, with a unit",
        "shop.lunch, 3h, 1m to 2h",
        "shop.lunch, -5m, with a unit",
        "shop.room, 100m, at least 256m",
        "shop.room, 1t, such as 512m or 2g",
        "shop.room, 99999999g, such as 512m or 2g",
        "shop.cellar, much, or empty"
    })
    void aWrongValueSaysWhatWasExpectedAndWhereItWasGiven(String key, String text, String expected) {
        assertThatThrownBy(() -> schema.read(given(Map.of(key, text))))
                .isInstanceOf(SettingsException.class)
                .hasMessageContaining(key + ": " + text)
                .hasMessageContaining(expected)
                .hasMessageContaining("shop-site.xml, line 7");
    }

    @Test
    void anUnknownKeyIsRefusedWithTheNearestKnownOne() {
        assertThatThrownBy(() -> schema.read(given(Map.of("shop.stuff", "3"))))
                .hasMessageContaining("shop.stuff: unknown setting")
                .hasMessageContaining("did you mean shop.staff?")
                .hasMessageContaining("shop-site.xml, line 7");
    }

    @Test
    void allMistakesAreSaidAtOnce() {
        SettingsException mistakes = catchThrowableOfType(
                SettingsException.class,
                () -> schema.read(given(Map.of("shop.stuff", "3", "shop.staff", "0", "shop.open", "perhaps"))));

        assertThat(mistakes.mistakes()).hasSize(3);
        assertThat(mistakes).message().hasLineCount(3);
    }

    @Test
    void keysOfOthersAreIgnored() throws SettingsException {
        Settings settings = schema.read(given(Map.of("fs.defaultFS", "hdfs://nn", "shopping.list", "x")));

        assertThat(settings.given()).isEmpty();
    }

    @Test
    void aFamilyNeedsMoreThanItsPrefix() {
        assertThatThrownBy(() -> schema.read(given(Map.of("shop.price.", "3"))))
                .hasMessageContaining("unknown setting");
        assertThatThrownBy(() -> schema.read(given(Map.of("shop.price", "3")))).hasMessageContaining("shop.price.*");
    }

    @Test
    void aSharedFileMayHoldWhatAnotherProgramKnows() throws SettingsException {
        SettingsSchema baker = new SettingsSchema("shop.");
        Setting<Integer> ovens = baker.integer("shop.ovens", 1, 1, 5, "Where bread is made.");
        baker.family("shop.recipe.*", "How it is made.");
        Map<String, SettingValue> file =
                given(Map.of("shop.ovens", "nonsense", "shop.recipe.rye", "x", "shop.staff", "3"));

        Settings settings = schema.read(file, baker);

        assertThat(settings.given()).containsOnlyKeys("shop.staff");
        assertThatThrownBy(() -> settings.get(ovens)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> baker.read(file, schema))
                .hasMessageContaining("shop.ovens: nonsense")
                .hasMessageNotContaining("shop.staff");
        assertThatThrownBy(() -> schema.read(file)).hasMessageContaining("shop.ovens: unknown setting");
        assertThatThrownBy(() -> schema.read(given(Map.of("shop.ovns", "2")), baker))
                .hasMessageContaining("did you mean shop.ovens?");
    }

    @Test
    void whatWasGivenReadsTheSameElsewhere() throws SettingsException {
        Settings settings = schema.read(given(Map.of("shop.staff", "3", "shop.price.milk", "1")));

        Settings again = schema.read(given(settings.given()));

        assertThat(again.get(staff)).isEqualTo(3);
        assertThat(again.get(prices)).isEqualTo(settings.get(prices));
    }

    @Test
    void aDeclarationThatIsWrongIsRefused() {
        assertThatThrownBy(() -> schema.text("shop.name", "x", "Again.")).hasMessageContaining("declared twice");
        assertThatThrownBy(() -> schema.text("name", "x", "Elsewhere.")).hasMessageContaining("below shop.");
        assertThatThrownBy(() -> schema.integer("shop.guests", 0, 1, 2, "Too few."))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> schema.family("shop.all", "No star.")).hasMessageContaining("ends in .*");
    }

    private static Map<String, SettingValue> given(Map<String, String> texts) {
        Map<String, SettingValue> given = new TreeMap<>();
        texts.forEach((key, text) -> given.put(key, new SettingValue(text, "shop-site.xml, line 7")));
        return given;
    }
}
