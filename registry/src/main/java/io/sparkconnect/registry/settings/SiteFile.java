/* SPDX-License-Identifier: Apache-2.0 */
package io.sparkconnect.registry.settings;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import javax.xml.stream.Location;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;
import org.jspecify.annotations.Nullable;

/**
 * Reads one file in the form of Hadoop's {@code *-site.xml}. Stricter than Hadoop, which skips what it does not know:
 * here a mistyped element is a mistake. Document types, entities of one's own and includes are refused, so a file can
 * neither read others nor grow in memory.
 */
final class SiteFile {
    private static final String EXPECTED = " (expected: name, value, final or description)";

    private final String source;
    private final XMLStreamReader xml;
    private final List<String> mistakes;
    private final List<Property> properties = new ArrayList<>();

    private SiteFile(String source, XMLStreamReader xml, List<String> mistakes) {
        this.source = source;
        this.xml = xml;
        this.mistakes = mistakes;
    }

    /**
     * @param isFinal whether later files must not change it
     * @param line of its {@code <property>}, from 1
     */
    record Property(String name, String value, boolean isFinal, int line) {}

    /**
     * All properties up to the first place where the XML itself is broken.
     *
     * @param source name of the file in error texts
     * @param mistakes gets one line for each mistake
     */
    static List<Property> read(String source, InputStream in, List<String> mistakes) throws IOException {
        // The JDK's own: Hadoop's class path brings others, whose defaults differ.
        XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
        factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
        factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
        factory.setProperty(XMLInputFactory.IS_COALESCING, true);
        try {
            XMLStreamReader xml = factory.createXMLStreamReader(in);
            try {
                SiteFile file = new SiteFile(source, xml, mistakes);
                file.document();
                return file.properties;
            } finally {
                xml.close();
            }
        } catch (XMLStreamException e) {
            if (e.getNestedException() instanceof IOException broken) {
                throw broken;
            }
            mistakes.add(at(source, e.getLocation()) + ": not well-formed XML: " + withoutPosition(e));
            return List.of();
        }
    }

    private void document() throws XMLStreamException {
        while (xml.hasNext()) {
            int event = xml.next();
            if (event == XMLStreamConstants.DTD) {
                mistake("a DOCTYPE is not allowed");
            } else if (event == XMLStreamConstants.START_ELEMENT) {
                if (!xml.getLocalName().equals("configuration")) {
                    mistake("<" + xml.getLocalName() + "> (expected: <configuration>)");
                    return;
                }
                configuration();
            }
        }
    }

    private void configuration() throws XMLStreamException {
        while (xml.next() != XMLStreamConstants.END_ELEMENT) {
            if (xml.getEventType() == XMLStreamConstants.START_ELEMENT) {
                if (xml.getLocalName().equals("property")) {
                    property();
                } else {
                    mistake("<" + xml.getLocalName() + "> (expected: <property>)");
                    skip();
                }
            }
        }
    }

    private void property() throws XMLStreamException {
        int line = xml.getLocation().getLineNumber();
        String name = xml.getAttributeValue(null, "name");
        String value = xml.getAttributeValue(null, "value");
        String isFinal = xml.getAttributeValue(null, "final");
        while (xml.next() != XMLStreamConstants.END_ELEMENT) {
            if (xml.getEventType() != XMLStreamConstants.START_ELEMENT) {
                continue;
            }
            switch (xml.getLocalName()) {
                case "name" -> name = text();
                case "value" -> value = text();
                case "final" -> isFinal = text();
                case "description", "source", "tag" -> skip();
                default -> {
                    mistake("<" + xml.getLocalName() + ">" + EXPECTED);
                    skip();
                }
            }
        }
        add(name, value, isFinal, line);
    }

    private void add(@Nullable String name, @Nullable String value, @Nullable String isFinal, int line) {
        String where = source + ", line " + line;
        if (name == null || name.isBlank()) {
            mistakes.add(where + ": a property without a name");
        } else if (value == null) {
            mistakes.add(where + ": " + name.trim() + " has no <value> (leave it empty to unset it)");
        } else {
            boolean last = isFinal != null && isFinal.trim().equals("true");
            properties.add(new Property(name.trim(), value, last, line));
        }
    }

    private String text() throws XMLStreamException {
        StringBuilder text = new StringBuilder();
        while (xml.next() != XMLStreamConstants.END_ELEMENT) {
            switch (xml.getEventType()) {
                case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA, XMLStreamConstants.SPACE ->
                    text.append(xml.getText());
                case XMLStreamConstants.ENTITY_REFERENCE ->
                    mistake("&" + xml.getLocalName() + "; is not defined (write &amp; for an ampersand)");
                case XMLStreamConstants.START_ELEMENT -> {
                    mistake("<" + xml.getLocalName() + "> inside of a text");
                    skip();
                }
                default -> {
                    // comments and processing instructions
                }
            }
        }
        return text.toString();
    }

    private void skip() throws XMLStreamException {
        for (int depth = 1; depth > 0; ) {
            int event = xml.next();
            if (event == XMLStreamConstants.START_ELEMENT) {
                depth++;
            } else if (event == XMLStreamConstants.END_ELEMENT) {
                depth--;
            }
        }
    }

    private void mistake(String what) {
        mistakes.add(at(source, xml.getLocation()) + ": " + what);
    }

    private static String at(String source, @Nullable Location location) {
        return location == null ? source : source + ", line " + location.getLineNumber();
    }

    /** The parser's text says row and column on a line of its own, and the reason behind "Message: ". */
    private static String withoutPosition(XMLStreamException e) {
        String text = String.valueOf(e.getMessage());
        int message = text.indexOf("Message: ");
        return message < 0 ? text : text.substring(message + "Message: ".length());
    }
}
